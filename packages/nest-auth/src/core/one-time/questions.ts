import type { Clock } from '../time.js';
import type { OneTimeTokens } from './one-time-token.js';

interface Asked {
  readonly subject: string;
  readonly attemptsLeft: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Attempts to answer one question. */
const ATTEMPTS = 5;

/** The result of an answer: `void` if the question does not exist or can no longer be answered. */
export type Verdict<T> = { readonly right: T } | 'wrong' | 'void';

/**
 * Tokens that a client sends back with an answer: to a challenge, or a code that somebody types. A token allows five
 * attempts in total. Of concurrent answers, only one is checked. The right answer uses the token up.
 */
export class Questions {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly clock: Clock,
  ) {}

  /**
   * @param subject what the token represents; passed to `judge`
   * @param ttl in whole seconds. A wrong answer does not extend it.
   * @param token as for `OneTimeTokens.issue`
   * @returns the token
   * @throws AuthError `invalid_request`, `store_unavailable`
   */
  async ask(purpose: string, subject: string, ttl: number, token?: string): Promise<string> {
    const asked: Asked = { subject, attemptsLeft: ATTEMPTS, until: this.clock() + ttl * 1000 };
    return this.tokens.issue(purpose, JSON.stringify(asked), ttl, token);
  }

  /**
   * @param judge decides whether the answer is right. If it throws, the attempt does not count.
   * @throws AuthError `store_unavailable`, and what `judge` throws
   */
  async answer<T>(
    purpose: string,
    token: string,
    judge: (subject: string) => Promise<Verdict<T>>,
  ): Promise<Verdict<T>> {
    const found = await this.tokens.consume(purpose, token);
    if (found === null) return 'void';
    const asked = JSON.parse(found) as Asked;
    const verdict = await judge(asked.subject).catch(async (error: unknown) => {
      await this.#restore(purpose, token, asked).catch(() => {});
      throw error;
    });
    const attemptsLeft = asked.attemptsLeft - 1;
    if (verdict === 'wrong' && attemptsLeft > 0) await this.#restore(purpose, token, { ...asked, attemptsLeft });
    return verdict;
  }

  async #restore(purpose: string, token: string, asked: Asked): Promise<void> {
    const rest = Math.floor((asked.until - this.clock()) / 1000);
    if (rest > 0) await this.tokens.restore(purpose, token, JSON.stringify(asked), rest);
  }
}
