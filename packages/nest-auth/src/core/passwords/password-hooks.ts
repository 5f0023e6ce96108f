import type { AuthUser } from '../../ports/user-store.js';

/** What a feature may do when a password is chosen. */
export interface PasswordHooks {
  /**
   * Before a password that somebody has chosen is hashed: at a registration, a change and a reset, never at a login. It
   * is in the form in which it will be hashed. A throw refuses it.
   * @param login of the user, whom the store may not know
   */
  beforePassword?(password: string, login: string): Promise<void>;
  /** What it throws is reported; the password is changed. */
  onPasswordChange?(user: AuthUser): Promise<void>;
}
