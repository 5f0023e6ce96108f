import { type LimitedAction, UNKNOWN_DEVICE } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import type { Attempt, AttemptLimit } from './attempt-limit.js';

/** The budgets of features, in the counters that the logins use (`throttle.limiter`). */
export class Limits {
  constructor(private readonly attempts: AttemptLimit) {}

  /**
   * Takes one attempt: of the client's address, as a login does, and of `key` in the feature's own budget. The `key`
   * names what must be protected, such as an address that gets mail; it need not exist.
   * @param name a name of the feature's `limits`
   * @param device of the client. Without it, only the budget of `key` is charged, and `beforeAttempt` is not called.
   * @returns `succeed` gives the attempt back, to the address too. Use it if only wrong attempts must count
   * @throws AuthError `too_many_attempts` with `retryAfter`; `store_unavailable` when the counters are down
   */
  async take(name: LimitedAction, key: string, device = UNKNOWN_DEVICE): Promise<Pick<Attempt, 'succeed'>> {
    return this.attempts.take(name, key, device);
  }

  /**
   * Like `take` without a device, for background work such as a mail. A refusal emits the event `throttled`.
   * @returns `false` if the budget is spent
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
