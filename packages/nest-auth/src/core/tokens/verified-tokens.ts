import type { Principal } from '../policy/principal.js';

/** A token that passed every check which does not depend on the time. */
export interface VerifiedToken {
  readonly token: string;
  readonly principal: Principal;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** The first second of its life, and the first after it; what clocks may differ by is in both. */
  readonly from: number;
  readonly until: number;
  /** How many revocations there were when none of them was its own. */
  clearedOf: number;
}

/** 4 Mi characters a generation: some 10,000 tokens of usual size, at most 16 MiB of memory in both. */
const CHARACTERS_PER_GENERATION = 4 * 1024 * 1024;

/**
 * Remembers successes, from the second on: a token that is used once leaves nothing behind that would have to be
 * collected, and puts out no other. Found by a few bits of the signature and compared whole, so that nothing but the
 * very token that was verified is ever found; of two that share these bits the later one is remembered, and the other
 * verified again. Two generations bound it: when the young one is full it becomes the old one, and what was not asked
 * for since is gone.
 */
export class VerifiedTokens {
  readonly #seen = new SeenSlots();
  #lists = new SharedLists();
  #young = new Map<number, VerifiedToken>();
  #old = new Map<number, VerifiedToken>();
  #characters = 0;

  constructor(private readonly capacity = CHARACTERS_PER_GENERATION) {}

  get(token: string): VerifiedToken | undefined {
    const slot = slotOf(token);
    let found = this.#young.get(slot);
    if (found?.token === token) return found;
    found = this.#old.get(slot);
    if (found?.token !== token) return undefined;
    this.#store(found, slot);
    return found;
  }

  /** Remembers a token from the second time on that it is handed here. */
  remember(verified: VerifiedToken): void {
    const slot = slotOf(verified.token);
    if (!this.#seen.add(slot)) this.#store(this.#compact(verified), slot);
  }

  /** Its own text, not a part of the request's, and no list of its own where others have the same. */
  #compact(verified: VerifiedToken): VerifiedToken {
    const { principal } = verified;
    const roles = this.#lists.shared(principal.roles);
    const permissions = this.#lists.shared(principal.permissions);
    const methods = this.#lists.shared(principal.methods);
    return {
      ...verified,
      token: copyOf(verified.token),
      principal: Object.freeze({ ...principal, roles, permissions, methods }),
    };
  }

  #store(verified: VerifiedToken, slot: number): void {
    const { token } = verified;
    if (this.#characters + token.length > this.capacity) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = 0;
    }
    this.#young.set(slot, verified);
    this.#characters += token.length;
  }

  clear(): void {
    this.#seen.clear();
    this.#lists = new SharedLists();
    this.#young = new Map();
    this.#old = new Map();
    this.#characters = 0;
  }
}

/** 256 KiB. */
const SEEN_BITS = 21;
/** Then it begins anew: at most one slot in 32 is taken for another. */
const MAX_SEEN = 1 << (SEEN_BITS - 5);

/** Which slots were there before. It may take one for another, which is then remembered a use too early. */
class SeenSlots {
  readonly #bits = new Int32Array(1 << (SEEN_BITS - 5));
  #count = 0;

  /** @returns whether it was not there */
  add(slot: number): boolean {
    // Neighbouring slots end up far apart (Fibonacci hashing).
    const bit = Math.imul(slot, 0x9e3779b1) >>> (32 - SEEN_BITS);
    const [word, mask] = [bit >>> 5, 1 << (bit & 31)];
    if (((this.#bits[word] as number) & mask) !== 0) return false;
    if (this.#count === MAX_SEEN) this.clear();
    this.#bits[word] = (this.#bits[word] as number) | mask;
    this.#count++;
    return true;
  }

  clear(): void {
    this.#bits.fill(0);
    this.#count = 0;
  }
}

const MAX_LISTS = 256;

/**
 * The same roles are the same object: what a request has to read of its caller is mostly in the processor's cache
 * already, because other callers have it too. Lists beyond the first few stay as they are.
 */
class SharedLists {
  readonly #lists = new Map<string, readonly string[]>();

  shared<List extends readonly string[]>(list: List): List {
    // No separator would do: names may contain any.
    const key = JSON.stringify(list);
    const known = this.#lists.get(key) as List | undefined;
    if (!known && this.#lists.size < MAX_LISTS) this.#lists.set(key, list);
    return known ?? list;
  }
}

/**
 * 28 bits of the signature's end, 24 of which differ: a number needs no string to be made, hashed and looked for. Not
 * the very last character, which in most signatures can only be one of 16.
 */
function slotOf(token: string): number {
  const end = token.length;
  return (
    (token.charCodeAt(end - 2) & 127) |
    ((token.charCodeAt(end - 3) & 127) << 7) |
    ((token.charCodeAt(end - 4) & 127) << 14) |
    ((token.charCodeAt(end - 5) & 127) << 21)
  );
}

/** A text of ASCII on its own: the part of another would keep all of that in memory, and is slower to compare. */
export function copyOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
