import { createHmac, randomBytes } from 'node:crypto';
import type { EphemeralStore } from '../ports/ephemeral-store.js';
import { text } from './arguments.js';
import { AuthError } from './auth-error.js';

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
   * @param ttl in whole seconds
   * @throws AuthError `invalid_request`, `store_unavailable`
   */
  async issue(purpose: string, subject: string, ttl: number): Promise<string> {
    text(purpose, 'purpose');
    text(subject, 'subject');
    if (!(Number.isSafeInteger(ttl) && ttl > 0)) {
      throw new AuthError('invalid_request', { message: 'ttl must be whole seconds, 1 or more.', field: 'ttl' });
    }
    const token = randomBytes(32).toString('base64url');
    await this.store.put(this.#keyOf(purpose, token), subject, ttl);
    return token;
  }

  /** @returns the subject to exactly one caller; `null` for everything else */
  async consume(purpose: string, token: string): Promise<string | null> {
    text(purpose, 'purpose');
    return typeof token === 'string' && SHAPE.test(token) ? this.store.take(this.#keyOf(purpose, token)) : null;
  }

  #keyOf(purpose: string, token: string): string {
    return `${purpose}:${createHmac('sha256', this.#key).update(`${purpose}\0${token}`).digest('base64url')}`;
  }
}
