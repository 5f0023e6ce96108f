import { type LimitedAction, UNKNOWN_DEVICE } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import type { Attempt, AttemptLimit } from './attempt-limit.js';

/** The budgets of features, in the counters that the logins use (`throttle.limiter`). */
export class Limits {
  constructor(private readonly attempts: AttemptLimit) {}

  /**
   * Takes one attempt: of the client's address, as a login does, and of `key` in the feature's own budget. Count under
   * what is to be protected, such as an address that gets mail; it need not exist.
   * @param name a name of the feature's `limits`
   * @param device of the client. Without it, only `key` pays, and `beforeAttempt` is not asked.
   * @returns `succeed` gives the attempt back, to the address too: for budgets of what turned out to be wrong
   * @throws AuthError `too_many_attempts` with `retryAfter`; `store_unavailable` when the counters are down
   */
  async take(name: LimitedAction, key: string, device = UNKNOWN_DEVICE): Promise<Pick<Attempt, 'succeed'>> {
    return this.attempts.take(name, key, device);
  }

  /**
   * As `take` without a device, for work that nobody waits for, such as a mail. The event `throttled` tells of a refusal.
   * @returns `false` if nothing is left
   * @throws AuthError `store_unavailable`
   */
  async takeIfLeft(name: LimitedAction, key: string): Promise<boolean> {
    try {
      await this.take(name, key);
      return true;
    } catch (error) {
      if (error instanceof AuthError && error.code === 'too_many_attempts') return false;
      throw error;
    }
  }
}
