import type { AuthUser, UserStore } from '../../ports/user-store.js';
import { callerOf, deviceOf, list, record, string } from '../arguments.js';
import { type AuthEvents, type Device, UNKNOWN_DEVICE } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import type { AttemptLimit } from '../limits/attempt-limit.js';
import type { PasswordService } from '../passwords/password-service.js';
import type { Principal, RegisteredUser } from '../policy/principal.js';
import type { LiveSession, SessionService } from '../sessions/session-service.js';
import type { TokenService } from '../tokens/token-service.js';
import { readUser, unfindable } from '../users/stored-user.js';
import { type Authenticator, type Credentials, normaliseLogin } from './authenticator.js';
import { type AdmitOptions, type HeldLogin, type LoginDetails, readLogin } from './login-details.js';

/** A successful answer (RFC 6749 §5.1). */
export interface Tokens {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds until the access token expires. */
  readonly expires_in: number;
  readonly refresh_token: string;
}

/** Instead of tokens: a feature wants one more thing before it lets the user in. */
export interface Challenge {
  /** The feature that asks. */
  readonly challenge: string;
  readonly challenge_token: string;
  /** Seconds until the challenge expires. */
  readonly expires_in: number;
}

/** Tell them apart by `'access_token' in answer`. */
export type LoginAnswer = Tokens | Challenge;

export interface Registration extends Credentials {
  /** Extra fields, already validated by the app. */
  readonly profile?: Readonly<Record<string, unknown>>;
}

/** What a feature may do at the moments of a login. Hooks run in the order of the features. */
export interface LoginHooks {
  /** The name of the feature. */
  readonly feature: string;
  /** After the password, before the session: a challenge holds the login up, a throw refuses it. */
  beforeSession?(user: AuthUser, login: HeldLogin & { readonly device: Device }): Promise<Challenge | undefined>;
  /** What it throws is reported; the user is in. */
  afterLogin?(user: AuthUser, login: { readonly device: Device; readonly sessionId: string }): Promise<void>;
  /** What it throws is reported; the password is changed. */
  onPasswordChange?(user: AuthUser): Promise<void>;
}

export interface AuthServiceOptions {
  readonly users: UserStore;
  readonly authenticator: Authenticator;
  readonly passwords: PasswordService;
  readonly limit: AttemptLimit;
  readonly sessions: SessionService;
  readonly tokens: TokenService;
  readonly events: AuthEvents;
  /** Roles of a newly registered user. */
  readonly defaultRoles: readonly string[];
  /** The name that clients know the login by; `'email'` must look like one. */
  readonly loginField: string;
  readonly hooks: readonly LoginHooks[];
  /** Called with what a hook threw too late to change the outcome. */
  readonly report: (error: unknown) => void;
}

export interface SetPasswordOptions {
  /** From where. @default unknown */
  readonly device?: Device;
  /** Called once the password is hashed and before it is written. A throw leaves the old one: use a token up here. */
  readonly confirm?: (() => Promise<void>) | undefined;
}

const PASSWORD: LoginDetails = { methods: ['pwd'] };

/** Everything that the routes do, for apps that bring their own routes. */
export class AuthService {
  constructor(private readonly options: AuthServiceOptions) {}

  /**
   * Creates a user and logs them in.
   * @throws AuthError `login_taken`, `invalid_request`, a `password_…` code, `too_many_attempts`, `overloaded`, `store_unavailable`
   */
  async register(registration: Registration, device = UNKNOWN_DEVICE): Promise<LoginAnswer> {
    const { users, passwords, limit, events, defaultRoles, loginField } = this.options;
    const { login: given, password: chosen, profile = {} } = record(registration, 'registration');
    record(profile, 'profile');
    deviceOf(device);
    const login = normaliseLogin(given, loginField);
    if (loginField === 'email' && !/^[^\s@]+@[^\s@]+$/.test(login)) {
      throw new AuthError('invalid_request', { message: 'The e-mail address is malformed.', field: loginField });
    }
    const password = passwords.normalise(chosen);
    await passwords.assertAcceptable(password, login);
    const { requester } = await limit.visit('register', device);
    const passwordHash = await passwords.hash(password, requester);
    const user = await users.create({ login, passwordHash, roles: [...defaultRoles], profile });
    events.emit('registered', { userId: user.id, device });
    try {
      return await this.#admit(user, device, PASSWORD, 'create');
    } catch (error) {
      throw ofTheTeam(error) ? withWords(error, 'The account was created, and nobody can log in to it yet.') : error;
    }
  }

  /**
   * Checks a login and a password.
   * @throws AuthError `invalid_credentials`, `invalid_request`, `too_many_attempts`, `too_many_sessions`, `overloaded`,
   * `store_unavailable`
   */
  async login(credentials: Credentials, device = UNKNOWN_DEVICE): Promise<LoginAnswer> {
    const user = await this.options.authenticator.authenticate(credentials, deviceOf(device));
    return this.#admit(user, device, PASSWORD);
  }

  /**
   * Lets an authenticated user in, or answers with the first challenge that a feature asks for.
   * @param login how the user logged in: the session keeps it, and its access tokens show it
   * @throws AuthError `invalid_request`; `contract_broken` for a user that is not as `AuthUser` says
   * @example
   * ```ts
   * await auth.admit(user, device, { passed: ['totp'], methods: ['pwd', 'otp', 'mfa'] });
   * ```
   */
  async admit(user: AuthUser, device = UNKNOWN_DEVICE, login: AdmitOptions = {}): Promise<LoginAnswer> {
    return this.#admit(readUser(user, 'AuthService.admit was given'), device, login);
  }

  async #admit(
    user: AuthUser,
    device: Device,
    login: AdmitOptions,
    by: 'create' | 'findByLogin' = 'findByLogin',
  ): Promise<LoginAnswer> {
    const { hooks, events } = this.options;
    deviceOf(device);
    const details = readLogin(login);
    const passed = list(login.passed ?? [], 'passed');
    for (const hook of hooks) {
      if (passed.includes(hook.feature)) continue;
      const challenge = await hook.beforeSession?.(user, { ...details, device, passed });
      if (!challenge) continue;
      events.emit('login_challenged', { userId: user.id, challenge: challenge.challenge, device });
      return challenge;
    }
    return this.#startSession(user, device, details, by);
  }

  /**
   * Exchanges a refresh token for new tokens.
   * @throws AuthError as `SessionService.rotate`
   */
  async refresh(refreshToken: string, device = UNKNOWN_DEVICE): Promise<Tokens> {
    return this.tokensOf(await this.options.sessions.rotate(refreshToken, device));
  }

  /** Ends the caller's session, its access tokens with it. */
  async logout(caller: Principal): Promise<void> {
    const { id, sessionId } = callerOf(caller);
    await this.options.sessions.end(id, sessionId, 'logout');
    this.options.events.emit('logged_out', { userId: id, sessionId });
  }

  /** Ends all sessions of the caller. */
  async logoutAll(caller: Principal): Promise<void> {
    const { id, sessionId } = callerOf(caller);
    await this.options.sessions.revokeAll(id, undefined, 'logout_all');
    this.options.events.emit('logged_out', { userId: id, sessionId });
  }

  /**
   * Changes the caller's password and ends their other sessions.
   * @throws AuthError `wrong_password`, `password_changed_meanwhile`, a `password_…` code, `user_not_found`,
   * `user_disabled`, `too_many_attempts`, `overloaded`, `store_unavailable`
   */
  async changePassword(caller: Principal, current: string, chosen: string, device = UNKNOWN_DEVICE): Promise<void> {
    const { passwords, limit, events } = this.options;
    const password = passwords.normalise(string(chosen, 'new_password'));
    string(current, 'current_password');
    deviceOf(device);
    const user = await this.user(caller);
    await passwords.assertAcceptable(password, user.login);
    const attempt = await (await limit.visit('password_change', device)).attempt(user);
    const { requester } = attempt;
    const verifying = passwords.verify(passwords.normalise(current), user.passwordHash, requester);
    if ((await attempt.spendOn(verifying)) !== 'match') {
      events.emit('password_change_failed', { userId: user.id, device });
      throw new AuthError('wrong_password');
    }
    await attempt.succeed();
    const passwordHash = await passwords.hash(password, requester);
    await this.#replacePassword(user, passwordHash, { exceptSession: caller.sessionId });
  }

  /**
   * Replaces a user's password and ends all their sessions, for a reset. The caller has checked that the user asks.
   * It does not log in.
   * @throws AuthError `password_changed_meanwhile`, a `password_…` code, `user_not_found`, `too_many_attempts`,
   * `overloaded`, `store_unavailable`
   */
  async setPassword(userId: string, chosen: string, options: SetPasswordOptions = {}): Promise<void> {
    const { users, passwords, limit } = this.options;
    const { device = UNKNOWN_DEVICE, confirm } = options;
    const password = passwords.normalise(string(chosen, 'new_password'));
    deviceOf(device);
    const user = await users.findById(string(userId, 'userId'));
    if (!user) throw new AuthError('user_not_found');
    await passwords.assertAcceptable(password, user.login);
    const { requester } = await limit.visit('password_change', device);
    await this.#replacePassword(user, await passwords.hash(password, requester), { confirm });
  }

  async #replacePassword(
    user: AuthUser,
    passwordHash: string,
    { exceptSession, confirm }: { readonly exceptSession?: string } & Pick<SetPasswordOptions, 'confirm'>,
  ): Promise<void> {
    const { users, sessions, events } = this.options;
    // Once before, so that a session store that is down leaves everything as it was; once after, for logins with the
    // old password that slipped in between.
    await sessions.revokeAll(user.id, exceptSession, 'password_changed');
    await confirm?.();
    if (!(await users.setPasswordHash(user.id, passwordHash, user.passwordHash))) {
      throw new AuthError('password_changed_meanwhile');
    }
    await sessions.revokeAll(user.id, exceptSession, 'password_changed');
    events.emit('password_changed', { userId: user.id });
    await this.#notify((hook) => hook.onPasswordChange?.(user));
  }

  /**
   * The caller as the store knows them now.
   * @throws AuthError `user_not_found`, `user_disabled`, `store_unavailable`
   */
  async user(caller: Principal): Promise<RegisteredUser> {
    const user = await this.options.users.findById(callerOf(caller).id);
    if (!user || user.disabledAt) throw new AuthError(user ? 'user_disabled' : 'user_not_found');
    return user as RegisteredUser;
  }

  /** The wire form of a session that was just started or rotated. */
  async tokensOf(session: LiveSession): Promise<Tokens> {
    const { user, sessionId, refreshToken } = record(session, 'session');
    const { token, expiresIn } = await this.options.tokens.issue(user, sessionId, session);
    return { access_token: token, token_type: 'Bearer', expires_in: expiresIn, refresh_token: refreshToken };
  }

  async #startSession(
    user: AuthUser,
    device: Device,
    login: LoginDetails,
    by: 'create' | 'findByLogin',
  ): Promise<Tokens> {
    const { users, sessions, authenticator, events } = this.options;
    // Signed first: a session whose access token would be too long is not stored.
    let tokens = {} as Tokens;
    const session = await sessions.start(user, device, login, async (coming) => {
      tokens = await this.tokensOf(coming);
    });
    // A password change that came between the check and here has ended the sessions it saw, but not this one.
    const fresh = await users.findById(user.id);
    if (!fresh || fresh.disabledAt || fresh.passwordHash !== user.passwordHash) {
      await sessions.end(user.id, session.sessionId, 'user_unavailable');
      if (fresh) throw new AuthError('invalid_credentials');
      throw by === 'create' ? unfindable(users, by) : await authenticator.whyAbsent(user);
    }
    events.emit('logged_in', { userId: user.id, sessionId: session.sessionId, device });
    await this.#notify((hook) => hook.afterLogin?.(user, { device, sessionId: session.sessionId }));
    return tokens;
  }

  async #notify(call: (hook: LoginHooks) => Promise<void> | undefined): Promise<void> {
    for (const hook of this.options.hooks) {
      try {
        await call(hook);
      } catch (error) {
        this.options.report(error);
      }
    }
  }
}

/** Mistakes in the app. Their messages are for the log; clients do not see them. */
function ofTheTeam(error: unknown): error is AuthError {
  return error instanceof AuthError && (error.code === 'contract_broken' || error.code === 'invalid_configuration');
}

function withWords({ code, message, cause }: AuthError, words: string): AuthError {
  return new AuthError(code, { message: `${message} ${words}`, cause });
}
