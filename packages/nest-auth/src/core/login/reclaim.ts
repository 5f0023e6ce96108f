import type { CredentialStore } from '../../ports/credential-store.js';
import type { AuthUser, UserStore } from '../../ports/user-store.js';
import { type AuthEvents, type Device, UNKNOWN_DEVICE } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import type { PasswordHooks } from '../passwords/password-hooks.js';
import { notify } from '../resilience/notify.js';
import type { SessionService } from '../sessions/session-service.js';
import type { Clock } from '../time.js';
import { activeUser } from '../users/active-user.js';

export interface ReclaimOptions {
  readonly users: UserStore;
  readonly sessions: SessionService;
  readonly credentials: CredentialStore;
  readonly events: AuthEvents;
  readonly hooks: readonly PasswordHooks[];
  readonly report: (error: unknown) => void;
  readonly clock: Clock;
}

/** What was proved, and how. */
export interface Reclaiming {
  /** The user's address, as the proof names it. */
  readonly address: string;
  /** The device from which it was proved. @default unknown */
  readonly device?: Device;
  /** Whether the person who proved the address has also set the password, as in a reset. @default false */
  readonly keepsPassword?: boolean;
}

/** Gives an account to the person who proves its address. */
export class Reclaim {
  constructor(private readonly options: ReclaimOptions) {}

  /** See `AuthService.reclaim`. */
  async run(
    user: AuthUser,
    { address, device = UNKNOWN_DEVICE, keepsPassword = false }: Reclaiming,
  ): Promise<AuthUser> {
    const { users, events, clock } = this.options;
    if (user.emailVerifiedAt) return user;
    await this.#endAll(user);
    if (!keepsPassword) await this.#removePassword(user);
    // Last: if an earlier step fails, the next proof repeats all of them.
    if (!(await users.setEmailVerified?.(user.id, address, new Date(clock())))) throw changed();
    events.emit('account_reclaimed', { userId: user.id, device });
    return activeUser(users, user.id);
  }

  async #removePassword(user: AuthUser): Promise<void> {
    const { users, hooks, report } = this.options;
    if (user.passwordHash === null) return;
    if (!(await users.setPasswordHash(user.id, null, user.passwordHash))) throw changed();
    // Again, for a login with the old password in between.
    await this.#endAll(user);
    await notify(hooks, report, (hook) => hook.onPasswordChange?.(user));
  }

  async #endAll({ id }: AuthUser): Promise<void> {
    const { sessions, credentials } = this.options;
    await sessions.revokeAll(id, undefined, 'reclaimed');
    await credentials.deleteAll(id);
  }
}

function changed(): AuthError {
  return new AuthError('account_changed_meanwhile');
}
