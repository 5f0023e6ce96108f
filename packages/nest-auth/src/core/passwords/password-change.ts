import type { AuthUser, UserStore } from '../../ports/user-store.js';
import { callerOf, deviceOf, string } from '../arguments.js';
import { type Device, UNKNOWN_DEVICE } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import type { Principal } from '../policy/principal.js';
import { notify } from '../resilience/notify.js';
import type { SessionService } from '../sessions/session-service.js';
import { activeUser } from '../users/active-user.js';
import type { PasswordHooks } from './password-hooks.js';
import type { PasswordProof, PasswordProofOptions } from './password-proof.js';

export interface PasswordChangeOptions extends PasswordProofOptions {
  readonly users: UserStore;
  readonly sessions: SessionService;
  readonly hooks: readonly PasswordHooks[];
  /** Receives the errors of hooks that ran too late to change the outcome. */
  readonly report: (error: unknown) => void;
}

export interface SetPasswordOptions {
  /** The device of the change. @default unknown */
  readonly device?: Device;
  /**
   * Called once the password is hashed and before it is written. If it throws, the old password stays. Consume a token
   * here.
   */
  readonly confirm?: (() => Promise<void>) | undefined;
}

interface Replacement extends Pick<SetPasswordOptions, 'confirm'> {
  readonly device: Device;
  readonly exceptSession?: string;
}

/** Gives a user another password, which ends their sessions. */
export class PasswordChange {
  constructor(
    private readonly options: PasswordChangeOptions,
    private readonly proof: PasswordProof,
  ) {}

  /** See `AuthService.changePassword`. */
  async change(caller: Principal, current: string, chosen: string, device: Device): Promise<void> {
    const { users, passwords } = this.options;
    const password = passwords.normalise(string(chosen, 'new_password'));
    string(current, 'current_password');
    deviceOf(device);
    const user = await activeUser(users, callerOf(caller).id);
    await passwords.assertAcceptable(password, user.login);
    const requester = await this.proof.check(user, current, device, 'password_change');
    const passwordHash = await passwords.hashChosen(password, user.login, requester);
    await this.#replace(user, passwordHash, { device, exceptSession: caller.sessionId });
  }

  /** See `AuthService.setPassword`. */
  async set(userId: string, chosen: string, options: SetPasswordOptions): Promise<void> {
    const { users, passwords, limit } = this.options;
    const { device = UNKNOWN_DEVICE, confirm } = options;
    const password = passwords.normalise(string(chosen, 'new_password'));
    deviceOf(device);
    const user = await users.findById(string(userId, 'userId'));
    if (!user) throw new AuthError('user_not_found');
    await passwords.assertAcceptable(password, user.login);
    const { requester } = await limit.visit('password_change', device);
    const passwordHash = await passwords.hashChosen(password, user.login, requester);
    await this.#replace(user, passwordHash, { device, confirm });
    // A user who has forgotten the password has usually guessed before.
    await limit.vouch(user, device).catch(this.options.report);
  }

  async #replace(user: AuthUser, passwordHash: string, { device, exceptSession, confirm }: Replacement): Promise<void> {
    const { users, sessions, events, hooks, report } = this.options;
    // Once before, so that nothing changes if the session store is down; once after, for logins with the old password
    // in between.
    await sessions.revokeAll(user.id, exceptSession, 'password_changed');
    await confirm?.();
    if (!(await users.setPasswordHash(user.id, passwordHash, user.passwordHash))) {
      throw new AuthError('password_changed_meanwhile');
    }
    try {
      await sessions.revokeAll(user.id, exceptSession, 'password_changed');
    } finally {
      // Also after a failure, because the password has changed.
      events.emit('password_changed', { userId: user.id, device });
      await notify(hooks, report, (hook) => hook.onPasswordChange?.(user));
    }
  }
}
