import type { AuthUser } from '../../ports/user-store.js';
import type { Device } from '../auth-event.js';
import type { HeldLogin } from '../login-details.js';
import type { PasswordHooks } from '../passwords/password-hooks.js';
import type { Challenge, PendingRegistration } from './login-answer.js';

/** What became of a registration. */
export interface RegistrationOutcome {
  /** Normalised. */
  readonly login: string;
  /** `null` if the login was taken. */
  readonly user: AuthUser | null;
  readonly device: Device;
}

/** What a feature may do at the moments of a login. Hooks run in the order of the features. */
export interface LoginHooks extends PasswordHooks {
  /** The name of the feature. */
  readonly feature: string;
  /**
   * After the right password: `false` refuses the login as a wrong password is refused, the spent attempt and the event
   * included. It answers at once, so that its time tells nothing.
   */
  acceptsLogin?(user: AuthUser, login: { readonly device: Device }): boolean;
  /** After the password, before the session: a challenge holds the login up, a throw refuses it. */
  beforeSession?(user: AuthUser, login: HeldLogin & { readonly device: Device }): Promise<Challenge | undefined>;
  /**
   * Called before a registration creates the user. The client gets what it returns in place of tokens. The bytes and
   * the time of that answer are the same for a free and a taken login. `onRegistration` of each feature runs after the
   * answer.
   */
  holdRegistration?(login: string): PendingRegistration | undefined;
  /**
   * After a registration, before its session. The client gets what it returns in place of tokens. The time of
   * that answer tells whether the login was taken; see `holdRegistration`.
   */
  onRegistration?(registration: RegistrationOutcome): Promise<PendingRegistration | undefined>;
  /** What it throws is reported; the user is in. */
  afterLogin?(user: AuthUser, login: { readonly device: Device; readonly sessionId: string }): Promise<void>;
}
