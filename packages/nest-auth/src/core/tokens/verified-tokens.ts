import type { Principal } from '../policy/principal.js';

/** A token that passed every check which does not depend on the time. */
export interface VerifiedToken {
  readonly token: string;
  readonly principal: Principal;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** The first second of its life, and the first second after it. Both include the allowed clock difference. */
  readonly from: number;
  readonly until: number;
  /** Number of revocations when this token was last found not revoked. */
  clearedOf: number;
}

/** 4 Mi characters per generation: about 10,000 tokens of usual size. Both generations use at most 16 MiB of memory. */
const CHARACTERS_PER_GENERATION = 4 * 1024 * 1024;

/**
 * Remembers verified tokens from their second use on: a token used once creates no garbage and evicts nothing. A token
 * is found by a few bits of its signature and then compared completely, so that only the exact token that was verified
 * is found. Of two tokens with the same bits, the later one is remembered and the other is verified again. Two
 * generations limit the memory: a full young generation replaces the old one, which evicts all tokens that were not
 * used meanwhile.
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

  /** Remembers a token when it is passed here for the second time. */
  remember(verified: VerifiedToken): void {
    const slot = slotOf(verified.token);
    if (!this.#seen.add(slot)) this.#store(this.#compact(verified), slot);
  }

  /** Copies the text, which may be a slice of the request, and shares equal lists with other tokens. */
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
/** The filter is cleared at this size, so that at most one slot in 32 is a false positive. */
const MAX_SEEN = 1 << (SEEN_BITS - 5);

/** A filter of the slots seen before. After a false positive, a token is remembered one use too early. */
class SeenSlots {
  readonly #bits = new Int32Array(1 << (SEEN_BITS - 5));
  #count = 0;

  /** @returns whether the slot is new */
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
 * Tokens with equal roles share one list, so that it is usually in the processor's cache already. Beyond `MAX_LISTS`,
 * lists are not shared.
 */
class SharedLists {
  readonly #lists = new Map<string, readonly string[]>();

  shared<List extends readonly string[]>(list: List): List {
    // Not joined by a separator, because names may contain any character.
    const key = JSON.stringify(list);
    const known = this.#lists.get(key) as List | undefined;
    if (!known && this.#lists.size < MAX_LISTS) this.#lists.set(key, list);
    return known ?? list;
  }
}

/**
 * 28 bits from the end of the signature, 24 of which vary. A number avoids creating and hashing a string. The very last
 * character is left out, because in most signatures it can only be one of 16.
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

/** Copies an ASCII text. A slice would keep the whole original text in memory, and is slower to compare. */
export function copyOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
