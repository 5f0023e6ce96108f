import { randomUUID } from 'node:crypto';
import {
  AuthError,
  AuthEvents,
  AuthService,
  type AuthUser,
  addressOf,
  BackgroundTasks,
  Clock,
  type Device,
  EphemeralStore,
  isAddress,
  Limits,
  Mailer,
  normaliseLogin,
  OneTimeTokens,
  type Principal,
  recipientOf,
  SessionService,
  UserStore,
} from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import { EMAIL_VERIFICATION, type EmailVerificationSettings } from './email-verification.settings.js';
import { accountExistsMail, changedMail, changeRequestedMail, verifyNewMail } from './mails.js';

const PURPOSE = 'email-change';

/** A user's request for another address. */
export interface WantedEmail {
  readonly email: string;
  /** The current password. */
  readonly password: string;
}

/** Changes the address that a user logs in with, as soon as the link in a mail to the new address is opened. */
@Injectable()
export class EmailChange {
  constructor(
    @Inject(EMAIL_VERIFICATION) private readonly settings: EmailVerificationSettings,
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(SessionService) private readonly sessions: SessionService,
    @Inject(UserStore) private readonly users: UserStore,
    @Inject(EphemeralStore) private readonly ephemeral: EphemeralStore,
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(Limits) private readonly limits: Limits,
    @Inject(Mailer) private readonly mailer: Mailer,
    @Inject(BackgroundTasks) private readonly background: BackgroundTasks,
    @Inject(AuthEvents) private readonly events: AuthEvents,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Mails a link to the new address, and a notice to the old one. The answer and its time do not reveal whether the new
   * address belongs to another account; in that case, a mail tells its owner.
   * @throws AuthError `invalid_request`; `wrong_password`, also for an account without one; `user_not_found`,
   * `user_disabled`, `too_many_attempts`, `overloaded`, `store_unavailable`
   */
  async request(caller: Principal, { email, password }: WantedEmail, device: Device): Promise<void> {
    const address = normaliseLogin(email, 'email');
    if (!isAddress(address)) throw refused('The e-mail address is malformed.');
    await this.auth.checkPassword(caller, password, device);
    const user = await this.auth.user(caller);
    if (!isAddress(user.login)) throw refused('This account does not log in with an e-mail address.');
    if (user.login === address) throw refused('This is the address of the account already.');
    await this.limits.take('email_change', user.id);
    await this.limits.take('email_verification', address);
    // Reads a random key, so that an outage of the store fails this request and not the work after the answer.
    await this.ephemeral.get(`${randomUUID()}@nobody.invalid`);
    this.events.emit('email_change_requested', { userId: user.id, device });
    this.background.run(() => this.mailer.send(changeRequestedMail(recipientOf(user, user.login), this.settings)));
    this.background.run(() => this.#tellNew(user, address, caller.sessionId));
  }

  /**
   * Takes the token of a link. The session that asked for the change continues; the user's other sessions end.
   * @returns `false` if it is not the token of a change
   * @throws AuthError `invalid_verification_token`, `login_taken`, `account_changed_meanwhile`, `store_unavailable`
   */
  async confirm(token: string, device: Device): Promise<boolean> {
    const owner = await this.tokens.ownerOf(PURPOSE, token);
    if (!owner) return false;
    const { user, address, note: sessionId } = owner;
    if (await this.users.findByLogin(address)) throw new AuthError('login_taken');
    // Once before the change, so that an outage of the session store changes nothing; once after it, for logins in
    // between.
    await this.sessions.revokeAll(user.id, sessionId, 'login_changed');
    const redeemed = await this.tokens.redeem(PURPOSE, token, async () => {
      if (!(await this.users.setLogin?.(user.id, address, user.login)))
        throw new AuthError('account_changed_meanwhile');
      // At once, because the login has changed even if a later step fails.
      this.events.emit('email_changed', { userId: user.id, device });
      this.background.run(() => this.mailer.send(changedMail(recipientOf(user, user.login))));
      await this.sessions.revokeAll(user.id, sessionId, 'login_changed');
      // Last: a new link can verify the address, and no other request ends those sessions.
      await this.users.setEmailVerified?.(user.id, address, new Date(this.clock()));
    });
    if (!redeemed) throw new AuthError('invalid_verification_token');
    return true;
  }

  async #tellNew(user: AuthUser, address: string, sessionId: string): Promise<void> {
    const owner = await this.users.findByLogin(address);
    if (owner) {
      const theirs = owner.disabledAt ? null : addressOf(owner);
      if (theirs !== null)
        await this.mailer.send(accountExistsMail(recipientOf(owner, theirs), 'email_change', this.settings));
      return;
    }
    const { page, ttl } = this.settings;
    const token = await this.tokens.issueTo(user, PURPOSE, { address, ttl, note: sessionId });
    await this.mailer.send(verifyNewMail(recipientOf(user, address), `${page}#token=${token}`, ttl));
  }
}

function refused(message: string): AuthError {
  return new AuthError('invalid_request', { message, field: 'email' });
}
