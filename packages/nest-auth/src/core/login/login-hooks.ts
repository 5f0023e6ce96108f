import type { AuthUser } from '../../ports/user-store.js';
import type { Device } from '../auth-event.js';
import type { HeldLogin } from '../login-details.js';
import type { PasswordHooks } from '../passwords/password-change.js';
import type { Challenge } from './login-answer.js';

/** What a feature may do at the moments of a login. Hooks run in the order of the features. */
export interface LoginHooks extends PasswordHooks {
  /** The name of the feature. */
  readonly feature: string;
  /** After the password, before the session: a challenge holds the login up, a throw refuses it. */
  beforeSession?(user: AuthUser, login: HeldLogin & { readonly device: Device }): Promise<Challenge | undefined>;
  /** What it throws is reported; the user is in. */
  afterLogin?(user: AuthUser, login: { readonly device: Device; readonly sessionId: string }): Promise<void>;
}
