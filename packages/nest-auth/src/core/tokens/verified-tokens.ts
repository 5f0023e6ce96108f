import type { Principal } from '../principal.js';

/** A token that passed every check which does not depend on the time. */
export interface VerifiedToken {
  /** The request's own text until it is remembered, then a copy. */
  token: string;
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
/** 256 KiB; several times the tokens that are remembered, so that few are forgotten before they come again. */
const BITS_OF_SEEN = 16;

/**
 * Remembers successes, from the second on: a token that is used once leaves nothing behind that would have to be
 * collected, and puts out no other. Found by a few bits of the signature and compared whole, so that nothing but the
 * very token that was verified is ever found; of two that share these bits the later one is remembered, and the other
 * verified again. Two generations bound it: when the young one is full it becomes the old one, and what was not asked
 * for since is gone.
 */
export class VerifiedTokens {
  /** The places of those that were offered once. To take one for another means to remember it too early. */
  readonly #seen = new Int32Array(1 << BITS_OF_SEEN);
  #young = new Map<number, VerifiedToken>();
  #old = new Map<number, VerifiedToken>();
  #characters = 0;

  constructor(private readonly capacity = CHARACTERS_PER_GENERATION) {}

  get(token: string): VerifiedToken | undefined {
    const place = placeOf(token);
    let found = this.#young.get(place);
    if (found?.token === token) return found;
    found = this.#old.get(place);
    if (found?.token !== token) return undefined;
    this.#keep(found, place);
    return found;
  }

  /** Remembers a token that was offered before. */
  offer(verified: VerifiedToken): void {
    const place = placeOf(verified.token);
    // Neighbouring places end up far apart (Fibonacci hashing).
    const slot = Math.imul(place, 0x9e3779b1) >>> (32 - BITS_OF_SEEN);
    if (this.#seen[slot] !== place) {
      this.#seen[slot] = place;
      return;
    }
    verified.token = copyOf(verified.token);
    this.#keep(verified, place);
  }

  #keep(verified: VerifiedToken, place: number): void {
    const { token } = verified;
    if (this.#characters + token.length > this.capacity) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = 0;
    }
    this.#young.set(place, verified);
    this.#characters += token.length;
  }

  clear(): void {
    this.#seen.fill(0);
    this.#young = new Map();
    this.#old = new Map();
    this.#characters = 0;
  }
}

/**
 * 28 bits of the signature's end, 24 of which differ: a number needs no string to be made, hashed and looked for. Not
 * the very last character, which in most signatures can only be one of 16.
 */
function placeOf(token: string): number {
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
