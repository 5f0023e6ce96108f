import type { AuthUser } from '../../ports/user-store.js';
import type { Device } from '../auth-event.js';
import type { HeldLogin } from '../login-details.js';
import type { PasswordHooks } from '../passwords/password-hooks.js';
import type { Challenge, PendingRegistration } from './login-answer.js';

/** The outcome of a registration. */
export interface RegistrationOutcome {
  /** Normalised. */
  readonly login: string;
  /** `null` if the login was taken. */
  readonly user: AuthUser | null;
  readonly device: Device;
}

/** What a feature may do during a registration or login. Hooks run in the order of the features. */
export interface LoginHooks extends PasswordHooks {
  /** The name of the feature. */
  readonly feature: string;
  /**
   * Called after the right password. `false` refuses the login exactly like a wrong password, including the spent
   * attempt and the event. It is synchronous, so that its time reveals nothing.
   */
  acceptsLogin?(user: AuthUser, login: { readonly device: Device }): boolean;
  /** Called after the password, before the session: a challenge delays the login, a throw refuses it. */
  beforeSession?(user: AuthUser, login: HeldLogin & { readonly device: Device }): Promise<Challenge | undefined>;
  /**
   * Called before a registration creates the user. The client gets what it returns in place of tokens. The bytes and
   * the time of that answer are the same for a free and a taken login. `onRegistration` of each feature runs after the
   * answer.
   */
  holdRegistration?(login: string): PendingRegistration | undefined;
  /**
   * Called after a registration, before its session. The client gets what it returns in place of tokens. The time of
   * that answer tells whether the login was taken; see `holdRegistration`.
   */
  onRegistration?(registration: RegistrationOutcome): Promise<PendingRegistration | undefined>;
  /** Its errors are reported; the user stays logged in. */
  afterLogin?(user: AuthUser, login: { readonly device: Device; readonly sessionId: string }): Promise<void>;
}
