import { randomUUID } from 'node:crypto';
import {
  AuthError,
  AuthEvents,
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
  type PendingRegistration,
  type RegistrationOutcome,
  recipientOf,
  type TokenOwner,
  UserStore,
} from '@acme/nest-auth';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { EmailChange } from './email-change.service.js';
import { EMAIL_VERIFICATION, type EmailVerificationSettings } from './email-verification.settings.js';
import { accountExistsMail, verifyMail } from './mails.js';

const PURPOSE = 'email-verification';
const PENDING: PendingRegistration = Object.freeze({ pending: 'email_verification' });

/** Sends links that verify addresses and accepts their tokens, for apps that bring their own routes. */
@Injectable()
export class EmailVerification implements OnModuleInit {
  constructor(
    @Inject(EMAIL_VERIFICATION) private readonly settings: EmailVerificationSettings,
    @Inject(EmailChange) private readonly changes: EmailChange,
    @Inject(UserStore) private readonly users: UserStore,
    @Inject(EphemeralStore) private readonly ephemeral: EphemeralStore,
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(Limits) private readonly limits: Limits,
    @Inject(Mailer) private readonly mailer: Mailer,
    @Inject(BackgroundTasks) private readonly background: BackgroundTasks,
    @Inject(AuthEvents) private readonly events: AuthEvents,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    // If it is required, `answer` sends the mail of a registration, also for a taken address.
    if (this.settings.required) return;
    this.events.on('registered', ({ userId, device }) =>
      this.background.run(async () => this.#sendWithinBudget(await this.users.findById(userId), device)),
    );
  }

  /**
   * Sends a link if there is an account whose address is not verified. The answer and its time are the same for all:
   * everything that depends on the account happens afterwards.
   * @throws AuthError `invalid_request`, `too_many_attempts`, `store_unavailable`
   */
  async send(email: string, device: Device): Promise<void> {
    const login = normaliseLogin(email, 'email');
    await this.limits.take('email_verification', login, device);
    // Asks for a random login, so that an outage of a store fails this request and not the work after the answer.
    const nobody = `${randomUUID()}@nobody.invalid`;
    await Promise.all([this.users.findByLogin(nobody), this.ephemeral.get(nobody)]);
    this.background.run(async () => this.#send(await this.users.findByLogin(login), device));
  }

  /**
   * Takes the token of a mail: the address is verified, or the new address is the account's. The token works once. It
   * neither logs in nor sets a password.
   * @throws AuthError `invalid_verification_token`, `login_taken`, `account_changed_meanwhile`, `store_unavailable`
   */
  async verify(token: string, device: Device): Promise<void> {
    const owner = await this.tokens.ownerOf(PURPOSE, token);
    if (owner) return this.#verify(owner, token, device);
    if (!(await this.changes.confirm(token, device))) throw new AuthError('invalid_verification_token');
  }

  async #verify({ user, address }: TokenOwner, token: string, device: Device): Promise<void> {
    const isDone =
      Boolean(user.emailVerifiedAt) ||
      (await this.users.setEmailVerified?.(user.id, address, new Date(this.clock()))) === true;
    // Used up last, so that the link still works after an outage.
    if (!isDone || !(await this.tokens.redeem(PURPOSE, token))) throw new AuthError('invalid_verification_token');
    this.events.emit('email_verified', { userId: user.id, device });
  }

  /** Holds a registration with an address. Any other taken login is refused at once: no mail could tell its owner. */
  holds(login: string): PendingRegistration | undefined {
    return isAddress(login) ? PENDING : undefined;
  }

  /** Sends a mail with the result of a registration. */
  answer({ login, user, device }: RegistrationOutcome): PendingRegistration | undefined {
    if (!user && !isAddress(login)) return undefined;
    this.background.run(() => this.#answerByMail(login, device));
    return PENDING;
  }

  async #answerByMail(login: string, device: Device): Promise<void> {
    const user = await this.users.findByLogin(login);
    const address = user && writableAddressOf(user);
    // Counted even if no mail is sent. Otherwise the rest of the budget would reveal the account.
    const isWithin = await this.#isWithinBudget('email_verification', address ?? login);
    if (!isWithin || !user || !address) return;
    if (!user.emailVerifiedAt) return this.#send(user, device);
    await this.mailer.send(accountExistsMail(recipientOf(user, address), 'registration', this.settings));
  }

  /**
   * Whether a user may log in. If not, a new link is sent, because the older one may have expired. It has its own
   * budget: if it used the budget of `send`, the next 429 would reveal that the password was right.
   */
  accepts(user: AuthUser, device: Device): boolean {
    if (user.emailVerifiedAt) return true;
    this.background.run(async () => {
      const address = writableAddressOf(user);
      if (address !== null && (await this.#isWithinBudget('email_reminder', address))) await this.#send(user, device);
    });
    return false;
  }

  /** For mails that no request has asked for directly. */
  async #sendWithinBudget(user: AuthUser | null, device: Device): Promise<void> {
    const address = user && !user.emailVerifiedAt && writableAddressOf(user);
    if (address && (await this.#isWithinBudget('email_verification', address))) await this.#send(user, device);
  }

  #isWithinBudget(limit: 'email_verification' | 'email_reminder', address: string): Promise<boolean> {
    return this.limits.takeIfLeft(limit, normaliseLogin(address));
  }

  async #send(user: AuthUser | null, device: Device): Promise<void> {
    const address = user && !user.emailVerifiedAt && writableAddressOf(user);
    if (!address) return;
    const { page, ttl } = this.settings;
    const token = await this.tokens.issueTo(user, PURPOSE, { address, ttl });
    this.events.emit('email_verification_sent', { userId: user.id, device });
    await this.mailer.send(verifyMail(recipientOf(user, address), `${page}#token=${token}`, ttl));
  }
}

/** @returns `null` also for a disabled account */
function writableAddressOf(user: AuthUser): string | null {
  return user.disabledAt ? null : addressOf(user);
}
