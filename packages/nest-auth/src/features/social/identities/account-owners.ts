import {
  type AuthUser,
  addressOf,
  BackgroundTasks,
  CredentialStore,
  Limits,
  Mailer,
  normaliseLogin,
  recipientOf,
} from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import { SOCIAL, type SocialSettings } from '../social.settings.js';
import { accountExistsMail } from './account-exists-mail.js';
import { KIND, linkedIdentity } from './identity-record.js';

/** Mails the owner of an account how they can log in. Only the owner reads the mail of that address. */
@Injectable()
export class AccountOwners {
  constructor(
    @Inject(SOCIAL) private readonly settings: SocialSettings,
    @Inject(CredentialStore) private readonly credentials: CredentialStore,
    @Inject(Limits) private readonly limits: Limits,
    @Inject(Mailer) private readonly mailer: Mailer | null,
    @Inject(BackgroundTasks) private readonly background: BackgroundTasks,
  ) {}

  /**
   * Sends a mail if the app has a mailer. The answer and its time are the same for all: everything that depends on the
   * account happens afterwards.
   * @param provider that has not verified the address
   */
  tell(user: AuthUser, provider: string): void {
    const { mailer } = this;
    if (mailer) this.background.run(() => this.#tell(user, provider, mailer));
  }

  async #tell(user: AuthUser, provider: string, mailer: Mailer): Promise<void> {
    const address = user.disabledAt ? null : addressOf(user);
    if (address === null || !(await this.limits.takeIfLeft('account_exists_mail', normaliseLogin(address)))) return;
    const ways = await this.#waysInto(user);
    const { loginPage } = this.settings;
    await mailer.send(accountExistsMail(recipientOf(user, address), { provider, ways, loginPage }));
  }

  /** `password`, and the user's providers that the app still has. */
  async #waysInto({ id, passwordHash }: AuthUser): Promise<readonly string[]> {
    const linked = (await this.credentials.list(id, KIND)).map((record) => linkedIdentity(record).provider);
    const providers = linked.filter((name) => Object.hasOwn(this.settings.providers, name));
    return [...new Set([...(passwordHash === null ? [] : ['password']), ...providers])];
  }
}
