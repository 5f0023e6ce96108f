import type { AuthUser, UserStore } from '../../ports/user-store.js';
import { string } from '../arguments.js';
import { AuthError } from '../errors/auth-error.js';
import type { AttemptLimit } from '../limits/attempt-limit.js';
import type { HeldLogin } from '../login-details.js';
import type { Clock } from '../time.js';
import type { OneTimeTokens } from '../tokens/one-time-token.js';
import type { Challenge } from './login-answer.js';

interface Held extends HeldLogin {
  readonly userId: string;
  readonly state: string;
  readonly attemptsLeft: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Seconds. */
const LIFETIME = 300;
/** Wrong answers to one challenge. */
const ATTEMPTS = 5;

/** Logins that wait for one more proof. */
export class Challenges {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly users: Pick<UserStore, 'findById'>,
    private readonly limit: Pick<AttemptLimit, 'answer'>,
    private readonly clock: Clock,
  ) {}

  /** Holds a login up. @returns what a feature's `beforeSession` answers with */
  async issue(feature: string, user: AuthUser, { passed, methods, remember, actorId }: HeldLogin): Promise<Challenge> {
    const held: Held = {
      ...{ userId: user.id, state: this.tokens.stateOf(user), passed, methods, remember, actorId },
      attemptsLeft: ATTEMPTS,
      until: this.clock() + LIFETIME * 1000,
    };
    const challenge_token = await this.tokens.issue(purposeOf(feature), JSON.stringify(held), LIFETIME);
    return { challenge: feature, challenge_token, expires_in: LIFETIME };
  }

  /**
   * Answers a challenge. A wrong answer leaves the token usable for another attempt, five in all; of answers that come at
   * once only one is looked at. Wrong answers of one user, to any number of challenges, have a budget as
   * `throttle.account`.
   * @param isRight whether the answer is the user's: `true`, and nothing else
   * @returns the user and the login, with the feature among `passed`; for `AuthService.admit`
   * @throws AuthError `invalid_challenge` for a token that is used, expired or another feature's; `wrong_answer`;
   * `too_many_attempts`; `store_unavailable`
   */
  async answer(
    feature: string,
    token: string,
    isRight: (user: AuthUser) => Promise<boolean>,
  ): Promise<{ readonly user: AuthUser; readonly login: HeldLogin }> {
    const found = await this.tokens.consume(purposeOf(feature), string(token, 'challenge_token'));
    if (found === null) throw new AuthError('invalid_challenge');
    const held = JSON.parse(found) as Held;
    const judged = await this.#judge(feature, held, isRight).catch(async (error: unknown) => {
      // Nobody has judged the answer: a store was down, or too many were given.
      await this.#restore(feature, token, held).catch(() => {});
      throw error;
    });
    if (!judged) throw new AuthError('invalid_challenge');
    const { user, isPassed } = judged;
    const { passed, methods, remember, actorId, attemptsLeft } = held;
    if (isPassed) return { user, login: { passed: [...passed, feature], methods, remember, actorId } };
    if (attemptsLeft > 1) await this.#restore(feature, token, { ...held, attemptsLeft: attemptsLeft - 1 });
    throw new AuthError('wrong_answer');
  }

  /** @returns `null` if the account is not as it was */
  async #judge(feature: string, held: Held, isRight: (user: AuthUser) => Promise<boolean>) {
    const user = await this.users.findById(held.userId);
    if (!user || user.disabledAt || this.tokens.stateOf(user) !== held.state) return null;
    const attempt = await this.limit.answer(feature, user.id);
    // Not any truthy value: some libraries answer with `{ valid: false }`.
    const isPassed = (await isRight(user)) === true;
    if (isPassed) await attempt.succeed();
    return { user, isPassed };
  }

  async #restore(feature: string, token: string, held: Held): Promise<void> {
    const rest = Math.floor((held.until - this.clock()) / 1000);
    if (rest > 0) await this.tokens.restore(purposeOf(feature), token, JSON.stringify(held), rest);
  }
}

function purposeOf(feature: string): string {
  return `challenge:${feature}`;
}
