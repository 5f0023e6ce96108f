import { AuthError, type AuthUser, OneTimeTokens, UserStore } from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import { digestOf } from './secret-values.js';

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
    @Inject(UserStore) private readonly users: UserStore,
  ) {}

  /** @param challenge of the client that may exchange it (RFC 7636, S256) */
  issue(user: AuthUser, challenge: string, login: DoneLogin): Promise<string> {
    const waiting: Waiting = { ...login, userId: user.id, state: this.tokens.stateOf(user), challenge };
    return this.tokens.issue(PURPOSE, JSON.stringify(waiting), LIFETIME);
  }

  /**
   * Uses up a code, also with a wrong verifier.
   * @throws AuthError `invalid_login_code`, `store_unavailable`
   */
  async redeem(code: string, verifier: string): Promise<{ readonly user: AuthUser; readonly login: DoneLogin }> {
    const found = await this.tokens.consume(PURPOSE, code);
    const waiting = found === null ? null : (JSON.parse(found) as Waiting);
    if (waiting?.challenge !== digestOf(verifier)) throw new AuthError('invalid_login_code');
    const { userId, state, methods, remember } = waiting;
    const user = await this.users.findById(userId);
    if (!user || user.disabledAt || this.tokens.stateOf(user) !== state) throw new AuthError('invalid_login_code');
    return { user, login: { methods, remember } };
  }
}
