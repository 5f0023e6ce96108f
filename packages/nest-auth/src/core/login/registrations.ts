import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { AuthUser, NewUser } from '../../ports/user-store.js';
import { record } from '../arguments.js';
import type { Device } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import type { AttemptLimit } from '../limits/attempt-limit.js';
import type { LoginDetails } from '../login-details.js';
import type { PasswordService } from '../passwords/password-service.js';
import type { BackgroundTasks } from '../resilience/background-tasks.js';
import { isAddress } from '../users/address.js';
import type { Admission, AdmissionOptions } from './admission.js';
import { type Credentials, normaliseLogin } from './authenticator.js';
import type { PendingRegistration, RegistrationAnswer } from './login-answer.js';
import type { RegistrationOutcome } from './login-hooks.js';

export interface Registration extends Credentials {
  /** Extra fields, already validated by the app. */
  readonly profile?: Readonly<Record<string, unknown>>;
  /** Whether the session outlives the browser. @default true */
  readonly remember?: boolean | undefined;
}

/** A user who does not log in with a password. */
export interface Enrolment {
  readonly login: string;
  /** Extra fields, made by the app. */
  readonly profile?: Readonly<Record<string, unknown>>;
}

export interface RegistrationOptions extends Pick<AdmissionOptions, 'users' | 'events' | 'hooks'> {
  readonly passwords: PasswordService;
  readonly limit: AttemptLimit;
  readonly background: BackgroundTasks;
  /** Roles of a newly registered user. */
  readonly defaultRoles: readonly string[];
  /** The field of the login in requests. If it is `'email'`, a login must be an e-mail address. */
  readonly loginField: string;
}

/** The details of a login by password. */
export const BY_PASSWORD: LoginDetails = { methods: ['pwd'] };

/**
 * The time until a held registration is answered, in milliseconds. A store usually fails faster, so its error can still
 * be the answer.
 */
const ANSWERED_AFTER = 100;

/** Creates users. */
export class Registrations {
  constructor(
    private readonly options: RegistrationOptions,
    private readonly admission: Admission,
  ) {}

  /** See `AuthService.register`. */
  async register(registration: Registration, device: Device): Promise<RegistrationAnswer> {
    const { passwords, limit } = this.options;
    const { login: given, password: chosen, profile = {}, remember } = record(registration, 'registration');
    record(profile, 'profile');
    const login = this.#newLogin(given);
    const password = passwords.normalise(chosen);
    await passwords.assertAcceptable(password, login);
    const { requester } = await limit.visit('register', device);
    // Features are asked before the store, so that they take the same time for an existing login.
    const passwordHash = await passwords.hashChosen(password, login, requester);
    const held = this.#heldAs(login);
    if (held) return this.#hold(held, { login, passwordHash, profile }, device);
    const created = await this.#create({ login, passwordHash, profile }, device).catch(refusalIfTaken);
    const user = userOf(created);
    const pending = await this.#pending({ login, user, device });
    if (pending) return pending;
    if (!user) throw created;
    try {
      return await this.admission.admit(user, device, { ...BY_PASSWORD, remember }, 'create');
    } catch (error) {
      throw ofTheTeam(error) ? withWords(error, 'The account was created, and nobody can log in to it yet.') : error;
    }
  }

  /** See `AuthService.enrol`. */
  async enrol(enrolment: Enrolment, device: Device): Promise<AuthUser> {
    const { login, profile = {} } = record(enrolment, 'enrolment');
    record(profile, 'profile');
    return this.#create({ login: this.#newLogin(login), passwordHash: null, profile }, device);
  }

  /** @throws AuthError `invalid_request` */
  #newLogin(given: string): string {
    const { loginField } = this.options;
    const login = normaliseLogin(given, loginField);
    if (loginField === 'email' && !isAddress(login)) {
      throw new AuthError('invalid_request', { message: 'The e-mail address is malformed.', field: loginField });
    }
    return login;
  }

  async #create(user: Omit<NewUser, 'roles'>, device: Device): Promise<AuthUser> {
    const { users, events, defaultRoles } = this.options;
    const created = await users.create({ ...user, roles: [...defaultRoles] });
    events.emit('registered', { userId: created.id, device });
    return created;
  }

  #heldAs(login: string): PendingRegistration | undefined {
    for (const hook of this.options.hooks) {
      const pending = hook.holdRegistration?.(login);
      if (pending) return pending;
    }
    return undefined;
  }

  /**
   * A store takes longer to write a row than to refuse one, so the answer does not wait for the row. Its time depends
   * only on the clock and on a query that is the same for everybody.
   */
  async #hold(
    pending: PendingRegistration,
    user: Omit<NewUser, 'roles'>,
    device: Device,
  ): Promise<PendingRegistration> {
    const { users, background } = this.options;
    // This query looks for a login that nobody has. It shows whether the store is down, before the client is answered.
    const asked = users.findByLogin(`${randomUUID()}@nobody.invalid`);
    const creating = this.#create(user, device).catch(refusalIfTaken);
    // The error is read below. Without this line, Node.js would report an unhandled rejection.
    creating.catch(() => {});
    const tell = (created: AuthUser | AuthError) => this.#tell({ login: user.login, user: userOf(created), device });
    try {
      await Promise.all([asked, pause(ANSWERED_AFTER)]);
      // Throws if the creation has already failed.
      await Promise.race([creating, undefined]);
    } catch (error) {
      // The store may still create the user.
      background.run(() => creating.then(tell, () => {}));
      throw error;
    }
    background.run(() => creating.then(tell));
    return pending;
  }

  /** Runs after the answer. Each feature runs by itself, whatever the others return or throw. */
  #tell(outcome: RegistrationOutcome): void {
    const { hooks, background } = this.options;
    for (const hook of hooks) background.run(async () => hook.onRegistration?.(outcome));
  }

  async #pending(outcome: RegistrationOutcome): Promise<PendingRegistration | undefined> {
    for (const hook of this.options.hooks) {
      const pending = await hook.onRegistration?.(outcome);
      if (pending) return pending;
    }
    return undefined;
  }
}

function userOf(created: AuthUser | AuthError): AuthUser | null {
  return created instanceof AuthError ? null : created;
}

function refusalIfTaken(error: unknown): AuthError {
  if (error instanceof AuthError && error.code === 'login_taken') return error;
  throw error;
}

/** Mistakes in the app. Their messages are for the log; clients do not see them. */
function ofTheTeam(error: unknown): error is AuthError {
  return error instanceof AuthError && (error.code === 'contract_broken' || error.code === 'invalid_configuration');
}

function withWords({ code, message, cause }: AuthError, words: string): AuthError {
  return new AuthError(code, { message: `${message} ${words}`, cause });
}
