import { type AuthUser, OneTimeTokens, Questions, UserStore, type Verdict } from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import { digestOf } from './secret-values.js';
import { useCode } from './use-code.js';

/** How a user has logged in, for `AuthService.admit`. */
export interface DoneLogin {
  readonly methods: readonly string[];
  readonly remember: boolean;
}

/** A login whose client has not fetched the tokens yet. */
interface Waiting extends DoneLogin {
  readonly userId: string;
  /** The result of `OneTimeTokens.stateOf`. */
  readonly state: string;
  readonly challenge: string;
}

const PURPOSE = 'social-code';
/** In seconds. */
const LIFETIME = 60;

/** Codes in an address, in place of the tokens. */
@Injectable()
export class LoginCodes {
  constructor(
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(Questions) private readonly questions: Questions,
    @Inject(UserStore) private readonly users: UserStore,
  ) {}

  /** @param challenge of the client that may exchange it (RFC 7636, S256) */
  issue(user: AuthUser, challenge: string, login: DoneLogin): Promise<string> {
    const waiting: Waiting = { ...login, userId: user.id, state: this.tokens.stateOf(user), challenge };
    return this.questions.ask(PURPOSE, JSON.stringify(waiting), LIFETIME);
  }

  /**
   * Uses up a code, also with a wrong verifier. If the login fails, the code works again.
   * @param admit lets the user in
   * @throws AuthError `invalid_login_code`, `store_unavailable`, and what `admit` throws
   */
  redeem<T>(code: string, verifier: string, admit: (user: AuthUser, login: DoneLogin) => Promise<T>): Promise<T> {
    return useCode(this.questions, PURPOSE, code, async (subject): Promise<Verdict<T>> => {
      const { userId, state, methods, remember, challenge } = JSON.parse(subject) as Waiting;
      if (challenge !== digestOf(verifier)) return 'void';
      const user = await this.users.findById(userId);
      if (!user || user.disabledAt || this.tokens.stateOf(user) !== state) return 'void';
      return { right: await admit(user, { methods, remember }) };
    });
  }
}
