import type { Principal } from '../principal.js';

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
 * Remembers successes. Found by a few bits of the signature and compared whole, so that nothing but the very token
 * that was verified is ever found; of two that share these bits the later one is remembered, and the other verified
 * again. Two generations bound it: when the young one is full it becomes the old one, and what was not asked for since
 * is gone.
 */
export class VerifiedTokens {
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
    this.add(found);
    return found;
  }

  add(verified: VerifiedToken): void {
    const { token } = verified;
    if (this.#characters + token.length > this.capacity) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = 0;
    }
    this.#young.set(placeOf(token), verified);
    this.#characters += token.length;
  }

  clear(): void {
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
