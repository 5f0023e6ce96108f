import { randomUUID } from 'node:crypto';
import {
  AuthError,
  AuthEvents,
  AuthService,
  addressOf,
  BackgroundTasks,
  CredentialStore,
  type Device,
  EphemeralStore,
  featureSettings,
  Limits,
  Mailer,
  normaliseLogin,
  OneTimeTokens,
  recipientOf,
  type SettingsOf,
  type TokenOwner,
  UserStore,
} from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import type { PASSWORD_RESET_OPTIONS } from './password-reset.options.js';
import { resetMail } from './reset-mail.js';

export const PASSWORD_RESET = featureSettings<SettingsOf<typeof PASSWORD_RESET_OPTIONS>>('passwordReset');

const PURPOSE = 'password-reset';

/** Sends reset tokens and accepts them, for apps that bring their own routes. */
@Injectable()
export class PasswordReset {
  constructor(
    @Inject(PASSWORD_RESET) private readonly settings: SettingsOf<typeof PASSWORD_RESET_OPTIONS>,
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(UserStore) private readonly users: UserStore,
    @Inject(EphemeralStore) private readonly ephemeral: EphemeralStore,
    @Inject(CredentialStore) private readonly credentials: CredentialStore,
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(Limits) private readonly limits: Limits,
    @Inject(Mailer) private readonly mailer: Mailer,
    @Inject(BackgroundTasks) private readonly background: BackgroundTasks,
    @Inject(AuthEvents) private readonly events: AuthEvents,
  ) {}

  /**
   * Sends a mail if there is such an account. The answer and its time are the same for all: everything that depends on
   * the account happens afterwards.
   * @throws AuthError `invalid_request`, `too_many_attempts`, `store_unavailable`
   */
  async request(email: string, device: Device): Promise<void> {
    const login = normaliseLogin(email, 'email');
    await this.limits.take('password_reset', login, device);
    // Asks for a random login, so that an outage of a store fails this request and not the work after the answer.
    const nobody = `${randomUUID()}@nobody.invalid`;
    await Promise.all([this.users.findByLogin(nobody), this.ephemeral.get(nobody)]);
    this.background.run(() => this.#send(login, device));
  }

  /**
   * Sets a new password, ends every session of the user and does not log in. The token works once; a password that the
   * rules refuse does not use it up, and neither does an outage. For an account with an unverified address, see
   * `AuthService.reclaim`.
   * @throws AuthError `invalid_reset_token`, and the codes of `AuthService.setPassword`
   */
  async reset(token: string, password: string, device: Device): Promise<void> {
    const owner = await this.tokens.redeem(PURPOSE, token, (found) => this.#reset(found, password, device));
    if (!owner) throw new AuthError('invalid_reset_token');
  }

  async #reset({ user, address }: TokenOwner, password: string, device: Device): Promise<void> {
    // Only somebody who reads the mail of this address has the token.
    const isProof = this.users.setEmailVerified !== undefined;
    await this.auth.setPassword(user.id, password, {
      device,
      confirm: async () => {
        // `reclaim` deletes them too. But if it fails, nobody can repeat it: the new password makes the token void.
        if (isProof && !user.emailVerifiedAt) await this.credentials.deleteAll(user.id);
      },
    });
    this.events.emit('password_reset', { userId: user.id, device });
    if (isProof) await this.auth.reclaim(user, { address, device, keepsPassword: true });
  }

  async #send(login: string, device: Device): Promise<void> {
    const user = await this.users.findByLogin(login);
    const address = user && !user.disabledAt ? addressOf(user) : null;
    if (!user || address === null) return;
    const { page, ttl } = this.settings;
    const token = await this.tokens.issueTo(user, PURPOSE, { address, ttl });
    this.events.emit('password_reset_requested', { userId: user.id, device });
    await this.mailer.send(resetMail(recipientOf(user, address), `${page}#token=${token}`, ttl));
  }
}
