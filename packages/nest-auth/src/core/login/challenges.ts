import type { AuthUser, UserStore } from '../../ports/user-store.js';
import { string } from '../arguments.js';
import { AuthError } from '../errors/auth-error.js';
import type { AttemptLimit } from '../limits/attempt-limit.js';
import type { HeldLogin } from '../login-details.js';
import type { OneTimeTokens } from '../one-time/one-time-token.js';
import type { Questions, Verdict } from '../one-time/questions.js';
import type { Challenge } from './login-answer.js';

interface Held extends HeldLogin {
  readonly userId: string;
  readonly state: string;
}

/** Who answered a challenge, and the login that it delayed. */
interface Answered {
  readonly user: AuthUser;
  readonly login: HeldLogin;
}

/** Seconds. */
const LIFETIME = 300;

/** Logins that wait for one more proof. */
export class Challenges {
  constructor(
    private readonly questions: Questions,
    private readonly tokens: Pick<OneTimeTokens, 'stateOf'>,
    private readonly users: Pick<UserStore, 'findById'>,
    private readonly limit: Pick<AttemptLimit, 'answer'>,
  ) {}

  /** Delays a login. @returns the challenge, which a feature's `beforeSession` returns */
  async issue(feature: string, user: AuthUser, { passed, methods, remember, actorId }: HeldLogin): Promise<Challenge> {
    const held: Held = { userId: user.id, state: this.tokens.stateOf(user), passed, methods, remember, actorId };
    const challenge_token = await this.questions.ask(purposeOf(feature), JSON.stringify(held), LIFETIME);
    return { challenge: feature, challenge_token, expires_in: LIFETIME };
  }

  /**
   * Answers a challenge. A token allows five attempts in total. Of concurrent answers, only one is checked. The wrong
   * answers of one user to all challenges share a budget of the same size as `throttle.account`.
   * @param isRight whether the answer is right; only `true` counts
   * @returns the user and the login, with the feature among `passed`; for `AuthService.admit`
   * @throws AuthError `invalid_challenge` for a token that is used, expired or another feature's; `wrong_answer`;
   * `too_many_attempts`; `store_unavailable`
   */
  async answer(feature: string, token: string, isRight: (user: AuthUser) => Promise<boolean>): Promise<Answered> {
    const verdict = await this.questions.answer(purposeOf(feature), string(token, 'challenge_token'), (subject) =>
      this.#judge(feature, JSON.parse(subject) as Held, isRight),
    );
    if (typeof verdict === 'object') return verdict.right;
    throw new AuthError(verdict === 'wrong' ? 'wrong_answer' : 'invalid_challenge');
  }

  /** The challenge is void if the account has changed. */
  async #judge(feature: string, held: Held, isRight: (user: AuthUser) => Promise<boolean>): Promise<Verdict<Answered>> {
    const user = await this.users.findById(held.userId);
    if (!user || user.disabledAt || this.tokens.stateOf(user) !== held.state) return 'void';
    const attempt = await this.limit.answer(feature, user.id);
    // Not any truthy value: some libraries return `{ valid: false }`.
    if ((await isRight(user)) !== true) return 'wrong';
    await attempt.succeed();
    const { passed, methods, remember, actorId } = held;
    return { right: { user, login: { passed: [...passed, feature], methods, remember, actorId } } };
  }
}

function purposeOf(feature: string): string {
  return `challenge:${feature}`;
}
