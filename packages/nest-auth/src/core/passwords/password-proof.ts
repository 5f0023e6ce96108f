import type { AuthUser } from '../../ports/user-store.js';
import type { AuthEvents, Device } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import type { AttemptLimit } from '../limits/attempt-limit.js';
import type { HashRequester } from '../resilience/hash-queue.js';
import type { PasswordService } from './password-service.js';

export interface PasswordProofOptions {
  readonly passwords: PasswordService;
  readonly limit: AttemptLimit;
  readonly events: AuthEvents;
}

/**
 * Asks users who are logged in for their password again. The limit of attempts also holds for a thief of their session.
 */
export class PasswordProof {
  constructor(private readonly options: PasswordProofOptions) {}

  /**
   * @param action what the password is asked for
   * @returns the requester of further hashes
   * @throws AuthError `wrong_password`, `password_too_long`, `password_malformed`, `too_many_attempts`, `overloaded`,
   * `store_unavailable`
   */
  async check(
    user: AuthUser,
    password: string,
    device: Device,
    action: 'password_change' | 'confirm',
  ): Promise<HashRequester> {
    const { passwords, limit, events } = this.options;
    const attempt = await (await limit.visit(action, device)).attempt(user);
    const { requester } = attempt;
    const verifying = passwords.verify(passwords.normalise(password), user.passwordHash, requester);
    if ((await attempt.spendOn(verifying)) !== 'match') {
      events.emit(`${action}_failed`, { userId: user.id, device });
      throw new AuthError('wrong_password');
    }
    await attempt.succeed();
    return requester;
  }
}
