import type { AuthUser } from '../../ports/user-store.js';
import { callerOf, deviceOf, invalid, string, text } from '../arguments.js';
import type { Device } from '../auth-event.js';
import { type LoginDetails, readLogin } from '../login-details.js';
import type { PasswordProof } from '../passwords/password-proof.js';
import type { Principal } from '../policy/principal.js';
import { activeUser } from '../users/active-user.js';
import type { Admission, AdmissionOptions } from './admission.js';
import type { AccessAnswer } from './login-answer.js';

/** What a caller has just proved: at least one method. */
export type ConfirmOptions = Required<Pick<LoginDetails, 'methods'>>;

/** Confirms callers who prove again who they are: their session continues, and its login is recent. */
export class Confirmation {
  constructor(
    private readonly options: AdmissionOptions,
    private readonly admission: Admission,
    private readonly proof: PasswordProof,
  ) {}

  /** See `AuthService.confirm`. */
  async confirm(caller: Principal, confirmed: ConfirmOptions, device: Device): Promise<AccessAnswer> {
    deviceOf(device);
    const { methods } = readLogin(confirmed);
    if (methods.length === 0) throw invalid('methods must name what the caller proved.', 'methods');
    const user = await this.#userOf(caller);
    return this.#reauthenticate(user, caller, methods, device);
  }

  /** See `AuthService.confirmByPassword`. */
  async byPassword(caller: Principal, password: string, device: Device): Promise<AccessAnswer> {
    const user = await this.#proved(caller, password, device);
    return this.#reauthenticate(user, caller, ['pwd'], device);
  }

  /** See `AuthService.checkPassword`. */
  async checkPassword(caller: Principal, password: string, device: Device): Promise<void> {
    await this.#proved(caller, password, device);
  }

  async #proved(caller: Principal, password: string, device: Device): Promise<AuthUser> {
    string(password, 'password');
    deviceOf(device);
    const user = await this.#userOf(caller);
    await this.proof.check(user, password, device, 'confirm');
    return user;
  }

  async #userOf(caller: Principal): Promise<AuthUser> {
    const { id, sessionId } = callerOf(caller);
    text(sessionId, 'caller.sessionId');
    return activeUser(this.options.users, id);
  }

  async #reauthenticate(
    user: AuthUser,
    { sessionId }: Principal,
    methods: readonly string[],
    device: Device,
  ): Promise<AccessAnswer> {
    const { sessions, events } = this.options;
    const session = await sessions.reauthenticate(user, sessionId, methods);
    events.emit('reauthenticated', { userId: user.id, sessionId, device });
    return this.admission.accessOf(session);
  }
}
