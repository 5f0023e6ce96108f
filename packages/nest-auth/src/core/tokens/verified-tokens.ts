import type { Principal } from '../principal.js';

/** A token that passed every check which does not depend on the time. */
export interface VerifiedToken {
  readonly token: string;
  readonly principal: Principal;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly notBefore: number;
}

/** 4 Mi characters a generation: some 10,000 tokens of usual size, at most 16 MiB of memory in both. */
const CHARACTERS_PER_GENERATION = 4 * 1024 * 1024;

/**
 * Remembers successes. Keyed by the signature part, which is short to hash, and compared whole, so that nothing but
 * the very token that was verified is ever found. Two generations bound it: when the young one is full it becomes the
 * old one, and what was not asked for since is gone.
 */
export class VerifiedTokens {
  #young = new Map<string, VerifiedToken>();
  #old = new Map<string, VerifiedToken>();
  #characters = 0;

  constructor(private readonly capacity = CHARACTERS_PER_GENERATION) {}

  get(token: string): VerifiedToken | undefined {
    const signature = token.slice(token.lastIndexOf('.') + 1);
    let found = this.#young.get(signature);
    if (found === undefined) {
      found = this.#old.get(signature);
      if (found?.token === token) this.add(found);
    }
    return found?.token === token ? found : undefined;
  }

  add(verified: VerifiedToken): void {
    const { token } = verified;
    if (this.#characters + token.length > this.capacity) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = 0;
    }
    this.#young.set(token.slice(token.lastIndexOf('.') + 1), verified);
    this.#characters += token.length;
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#characters = 0;
  }
}
