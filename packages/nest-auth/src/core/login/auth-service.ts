import type { AuthUser } from '../../ports/user-store.js';
import { callerOf, deviceOf } from '../arguments.js';
import { type Device, UNKNOWN_DEVICE } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import { errorCode } from '../errors/error-codes.js';
import type { AdmitOptions, LoginDetails } from '../login-details.js';
import { observed } from '../observation/observed.js';
import { PasswordChange, type PasswordChangeOptions, type SetPasswordOptions } from '../passwords/password-change.js';
import { PasswordProof } from '../passwords/password-proof.js';
import type { Principal, RegisteredUser } from '../policy/principal.js';
import type { LiveSession } from '../sessions/live-session.js';
import { activeUser } from '../users/active-user.js';
import { readUser } from '../users/stored-user.js';
import { Admission, type AdmissionOptions } from './admission.js';
import type { Credentials } from './authenticator.js';
import { Confirmation, type ConfirmOptions } from './confirmation.js';
import type { AccessAnswer, LoginAnswer, RegistrationAnswer, Tokens } from './login-answer.js';
import { Reclaim, type Reclaiming, type ReclaimOptions } from './reclaim.js';
import {
  BY_PASSWORD,
  type Enrolment,
  type Registration,
  type RegistrationOptions,
  Registrations,
} from './registrations.js';

export interface AuthServiceOptions
  extends AdmissionOptions,
    Omit<PasswordChangeOptions, 'hooks'>,
    Omit<ReclaimOptions, 'hooks'>,
    RegistrationOptions {}

/** Everything that the routes do, for apps with their own routes. */
export class AuthService {
  readonly #admission: Admission;
  readonly #registrations: Registrations;
  readonly #passwordChange: PasswordChange;
  readonly #confirmation: Confirmation;
  readonly #reclaim: Reclaim;

  constructor(private readonly options: AuthServiceOptions) {
    this.#admission = new Admission(options);
    this.#registrations = new Registrations(options, this.#admission);
    const proof = new PasswordProof(options);
    this.#passwordChange = new PasswordChange(options, proof);
    this.#confirmation = new Confirmation(options, this.#admission, proof);
    this.#reclaim = new Reclaim(options);
  }

  /**
   * Creates a user and logs them in, unless a feature delays the registration: then there may be no user yet.
   * @throws AuthError `login_taken`, `invalid_request`, a `password_…` code, `too_many_attempts`, `overloaded`,
   * `store_unavailable`
   */
  async register(registration: Registration, device = UNKNOWN_DEVICE): Promise<RegistrationAnswer> {
    return observed(this.options.observation, 'register', () =>
      this.#registrations.register(registration, deviceOf(device)),
    );
  }

  /**
   * Creates a user without a password, for a feature with another way to log in. It does not log the user in.
   * @throws AuthError `login_taken`, `invalid_request`, `store_unavailable`
   */
  async enrol(enrolment: Enrolment, device = UNKNOWN_DEVICE): Promise<AuthUser> {
    return this.#registrations.enrol(enrolment, deviceOf(device));
  }

  /**
   * Checks a login and a password, then admits the user.
   * @param login whether to remember the user
   * @throws AuthError `invalid_credentials`, `invalid_request`, `too_many_attempts`, `too_many_sessions`, `overloaded`,
   * `store_unavailable`
   */
  async login(
    credentials: Credentials,
    device = UNKNOWN_DEVICE,
    { remember }: Pick<LoginDetails, 'remember'> = {},
  ): Promise<LoginAnswer> {
    return observed(this.options.observation, 'login', async () => {
      const user = await this.options.authenticator.authenticate(credentials, deviceOf(device));
      return this.#admission.admit(user, device, { ...BY_PASSWORD, remember });
    });
  }

  /**
   * Lets an authenticated user in, or answers with the first challenge that a feature asks for.
   * @param login how the user logged in: the session keeps it, and its access tokens show it
   * @throws AuthError `invalid_request`; `contract_broken` for a user that does not match `AuthUser`
   * @example
   * ```ts
   * await auth.admit(user, device, { passed: ['totp'], methods: ['pwd', 'otp', 'mfa'] });
   * ```
   */
  async admit(user: AuthUser, device = UNKNOWN_DEVICE, login: AdmitOptions = {}): Promise<LoginAnswer> {
    return this.#admission.admit(readUser(user, 'AuthService.admit was given'), device, login);
  }

  /**
   * Exchanges a refresh token for new tokens.
   * @throws AuthError as `SessionService.rotate`
   */
  async refresh(refreshToken: string, device = UNKNOWN_DEVICE): Promise<Tokens> {
    return this.tokensOf(await this.options.sessions.rotate(refreshToken, device));
  }

  /** Ends the caller's session and its access tokens. */
  async logout(caller: Principal, device = UNKNOWN_DEVICE): Promise<void> {
    return observed(this.options.observation, 'logout', () => this.#logout(caller, device));
  }

  async #logout(caller: Principal, device: Device): Promise<void> {
    const { id, sessionId } = callerOf(caller);
    const isEnded = await this.options.sessions.end(id, sessionId, 'logout');
    if (isEnded) this.options.events.emit('logged_out', { userId: id, sessionId, device });
  }

  /**
   * Like `logout`, with the tokens that a client still has. An invalid or expired one ends nothing and causes no error.
   * @throws AuthError `store_unavailable`
   */
  async logoutByTokens(
    tokens: { readonly access?: string | null; readonly refresh?: readonly string[] },
    device = UNKNOWN_DEVICE,
  ): Promise<void> {
    const { access, refresh = [] } = tokens;
    const { sessions, events } = this.options;
    return observed(this.options.observation, 'logout', async () => {
      const caller = typeof access === 'string' ? await this.#callerBy(access) : null;
      if (caller) await this.#logout(caller, device);
      for (const token of refresh) {
        const ended = await sessions.revokeByToken(token, 'logout');
        if (ended) events.emit('logged_out', { userId: ended.userId, sessionId: ended.id, device });
      }
    });
  }

  async #callerBy(access: string): Promise<Principal | null> {
    try {
      return await this.options.tokens.verify(access);
    } catch (error) {
      if (error instanceof AuthError && errorCode(error.code).status === 401) return null;
      throw error;
    }
  }

  /** Ends all sessions of the caller. */
  async logoutAll(caller: Principal, device = UNKNOWN_DEVICE): Promise<void> {
    const { id, sessionId } = callerOf(caller);
    return observed(this.options.observation, 'logout', async () => {
      await this.options.sessions.revokeAll(id, undefined, 'logout_all');
      this.options.events.emit('logged_out', { userId: id, sessionId, device });
    });
  }

  /**
   * Changes the caller's password and ends their other sessions.
   * @throws AuthError `wrong_password`, `password_changed_meanwhile`, a `password_…` code, `user_not_found`,
   * `user_disabled`, `too_many_attempts`, `overloaded`, `store_unavailable`
   */
  async changePassword(caller: Principal, current: string, chosen: string, device = UNKNOWN_DEVICE): Promise<void> {
    return this.#passwordChange.change(caller, current, chosen, device);
  }

  /**
   * Records that a caller has just proved again who they are, and returns a new access token of their session. For
   * `@RequireRecent`, its login is now recent. Features call it after a proof of their own.
   * @param confirmed what they proved; added to the session's methods
   * @throws AuthError `token_revoked` if the session has ended; `user_not_found`, `user_disabled`, `invalid_request`,
   * `store_unavailable`
   * @example
   * ```ts
   * return auth.confirm(caller, { methods: ['hwk'] }, deviceOf(request));
   * ```
   */
  async confirm(caller: Principal, confirmed: ConfirmOptions, device = UNKNOWN_DEVICE): Promise<AccessAnswer> {
    return this.#confirmation.confirm(caller, confirmed, device);
  }

  /**
   * Like `confirm`, with the caller's password.
   * @throws AuthError as `confirm`; `wrong_password`, `password_too_long`, `password_malformed`, `too_many_attempts`,
   * `overloaded`
   */
  async confirmByPassword(caller: Principal, password: string, device = UNKNOWN_DEVICE): Promise<AccessAnswer> {
    return this.#confirmation.byPassword(caller, password, device);
  }

  /**
   * Asks a caller for their password again, with the same limit of attempts as a password change.
   * @throws AuthError `wrong_password`, also for an account without one; `password_too_long`, `password_malformed`,
   * `user_not_found`, `user_disabled`, `too_many_attempts`, `overloaded`, `store_unavailable`
   */
  async checkPassword(caller: Principal, password: string, device = UNKNOWN_DEVICE): Promise<void> {
    return this.#confirmation.checkPassword(caller, password, device);
  }

  /**
   * Replaces a user's password and ends all their sessions, for a reset. The calling code must have verified that the
   * user requests it. It does not log the user in.
   * @throws AuthError `password_changed_meanwhile`, a `password_…` code, `user_not_found`, `too_many_attempts`,
   * `overloaded`, `store_unavailable`
   */
  async setPassword(userId: string, chosen: string, options: SetPasswordOptions = {}): Promise<void> {
    return this.#passwordChange.set(userId, chosen, options);
  }

  /**
   * Marks an address as verified, for a feature through which its owner has just proved it. If it was never verified
   * before, a stranger may have created the account: its sessions, its password and all that features store for it are
   * removed first.
   * @returns the user as they are now
   * @throws AuthError `account_changed_meanwhile`, `store_unavailable`
   */
  async reclaim(user: AuthUser, proof: Reclaiming): Promise<AuthUser> {
    return this.#reclaim.run(user, proof);
  }

  /**
   * The caller as the store knows them now.
   * @throws AuthError `user_not_found`, `user_disabled`, `store_unavailable`
   */
  async user(caller: Principal): Promise<RegisteredUser> {
    return (await activeUser(this.options.users, callerOf(caller).id)) as RegisteredUser;
  }

  /** The wire form of a session that was just started or rotated. */
  async tokensOf(session: LiveSession): Promise<Tokens> {
    return this.#admission.tokensOf(session);
  }
}
