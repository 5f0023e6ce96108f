import { createHmac, randomBytes } from 'node:crypto';
import type { EphemeralStore } from '../ports/ephemeral-store.js';

const SHAPE = /^[A-Za-z0-9_-]{43}$/;

/**
 * Tokens that work once, for one purpose, for a short time: challenges, resets, verifications. The store sees a keyed
 * digest only, and a purpose is part of it, so that no token of one kind passes as another.
 */
export class OneTimeTokens {
  readonly #key: Buffer;

  constructor(
    private readonly store: EphemeralStore,
    key: Buffer,
  ) {
    this.#key = key;
  }

  /**
   * @param subject what the token stands for; comes back from `consume`
   * @param ttl in seconds
   */
  async issue(purpose: string, subject: string, ttl: number): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await this.store.put(this.#keyOf(purpose, token), subject, ttl);
    return token;
  }

  /** @returns the subject to exactly one caller; `null` for everything else */
  async consume(purpose: string, token: string): Promise<string | null> {
    return SHAPE.test(token) ? this.store.take(this.#keyOf(purpose, token)) : null;
  }

  #keyOf(purpose: string, token: string): string {
    return `${purpose}:${createHmac('sha256', this.#key).update(`${purpose}\0${token}`).digest('base64url')}`;
  }
}
