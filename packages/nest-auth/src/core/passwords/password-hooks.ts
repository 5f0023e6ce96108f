import type { AuthUser } from '../../ports/user-store.js';

/** What a feature may do when a password is chosen. */
export interface PasswordHooks {
  /**
   * Called before a chosen password is hashed: at a registration, a change and a reset, never at a login. The password
   * is already normalised. A throw refuses it.
   * @param login of the user, who may not be stored yet
   */
  beforePassword?(password: string, login: string): Promise<void>;
  /** Its errors are reported; the password stays changed. */
  onPasswordChange?(user: AuthUser): Promise<void>;
}
