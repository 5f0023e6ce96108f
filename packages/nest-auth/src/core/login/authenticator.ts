import type { AuthUser, UserStore } from '../../ports/user-store.js';
import { record, string } from '../arguments.js';
import type { AuthEvents, Device } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import type { AttemptLimit } from '../limits/attempt-limit.js';
import type { Observation } from '../observation/observation.js';
import { observed } from '../observation/observed.js';
import type { PasswordService } from '../passwords/password-service.js';
import type { HashRequester } from '../resilience/hash-queue.js';
import { unfindable } from '../users/stored-user.js';
import type { LoginHooks } from './login-hooks.js';

const MAX_LOGIN_LENGTH = 254;

/**
 * The only form in which a login is looked up, throttled and stored: NFKC, trimmed, lower case. Normalised twice,
 * because the lower case of a string may not be NFKC.
 * @param field the login's name in requests, for the refusal
 * @throws AuthError `invalid_request` for an empty or over-long login and for invisible characters
 */
export function normaliseLogin(login: string, field = 'login'): string {
  if (string(login, field).length > MAX_LOGIN_LENGTH) throw tooLong(field);
  const normalised = login.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
  if (normalised === '' || /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(normalised)) {
    throw new AuthError('invalid_request', { message: 'The login is empty or contains invisible characters.', field });
  }
  // Normalising can turn one character into eighteen. Measured in UTF-16 units, because no database counts more for a
  // login.
  if (normalised.length > MAX_LOGIN_LENGTH) throw tooLong(field);
  return normalised;
}

function tooLong(field: string): AuthError {
  return new AuthError('invalid_request', { message: 'The login is too long.', field });
}

export interface Credentials {
  readonly login: string;
  readonly password: string;
}

export interface AuthenticatorOptions {
  readonly users: UserStore;
  readonly passwords: PasswordService;
  readonly limit: AttemptLimit;
  readonly events: AuthEvents;
  /** @default none */
  readonly hooks?: readonly Pick<LoginHooks, 'acceptsLogin'>[];
  /** The login's name in requests. @default 'login' */
  readonly loginField?: string;
  /** @default nobody observes */
  readonly observation?: Observation | undefined;
}

/** Checks a login and a password. The answer and its time are the same for every reason of failure. */
export class Authenticator {
  constructor(private readonly options: AuthenticatorOptions) {}

  /**
   * @throws AuthError `invalid_credentials`, `too_many_attempts`, `overloaded`, `store_unavailable`, and
   * `invalid_request`, `password_too_long`, `password_malformed` for a login or password that no account can have
   */
  authenticate(credentials: Credentials, device: Device): Promise<AuthUser> {
    return observed(this.options.observation, 'authenticate', () => this.#authenticate(credentials, device));
  }

  async #authenticate(credentials: Credentials, device: Device): Promise<AuthUser> {
    const { users, limit, events } = this.options;
    const login = normaliseLogin(record(credentials, 'credentials').login, this.options.loginField);
    const password = this.options.passwords.normalise(credentials.password);
    const visit = await limit.visit('login', device);
    const found = await users.findByLogin(login);
    // By id: a user who is found by several logins has one budget.
    const attempt = await visit.attempt(found ?? { login });
    const user = await attempt.spendOn(this.#verified(found, password, attempt.requester));
    if (!user || user.disabledAt || !this.#isAccepted(user, device)) {
      events.emit('login_failed', { login, device });
      throw new AuthError('invalid_credentials');
    }
    await attempt.succeed();
    return this.#upToDate(user, password, attempt.requester);
  }

  /**
   * Why `findById` does not find a user whom `findByLogin` has just returned: they were deleted in between, or the
   * store does not know its own ids.
   * @returns AuthError `invalid_credentials` or `contract_broken`
   */
  async whyAbsent(user: AuthUser): Promise<AuthError> {
    const { users } = this.options;
    const again = await users.findByLogin(normaliseLogin(user.login));
    return again?.id === user.id ? unfindable(users, 'findByLogin') : new AuthError('invalid_credentials');
  }

  /** Called before the attempt is given back, because that would reveal that the password is right. */
  #isAccepted(user: AuthUser, device: Device): boolean {
    const { hooks = [] } = this.options;
    return hooks.every((hook) => hook.acceptsLogin === undefined || hook.acceptsLogin(user, { device }) === true);
  }

  async #verified(user: AuthUser | null, password: string, requester: HashRequester): Promise<AuthUser | null> {
    const verdict = await this.options.passwords.verify(password, user?.passwordHash, requester);
    if (user && verdict === 'malformed') this.options.events.emit('password_hash_malformed', { userId: user.id });
    return verdict === 'match' ? user : null;
  }

  /** Replaces a hash of an older scheme or cost; a concurrent password change wins. */
  async #upToDate(user: AuthUser, password: string, requester: HashRequester): Promise<AuthUser> {
    const { users, passwords, events } = this.options;
    if (!user.passwordHash || !passwords.needsRehash(user.passwordHash)) return user;
    const passwordHash = await passwords.hash(password, requester);
    const replaced = await users.setPasswordHash(user.id, passwordHash, user.passwordHash);
    if (replaced) events.emit('password_rehashed', { userId: user.id });
    const fresh = await users.findById(user.id);
    if (!fresh) throw await this.whyAbsent(user);
    // Not replaced: either a parallel login rehashed first, or the password was changed.
    const stillRight = fresh.passwordHash === passwordHash || (await this.#verified(fresh, password, requester));
    if (fresh.disabledAt || !stillRight) throw new AuthError('invalid_credentials');
    return fresh;
  }
}
