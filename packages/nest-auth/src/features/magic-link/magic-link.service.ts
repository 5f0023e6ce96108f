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
  featureSettings,
  Limits,
  type LoginAnswer,
  Mailer,
  normaliseLogin,
  OneTimeTokens,
  Questions,
  recipientOf,
  type SettingsOf,
  type TokenOwner,
  UserStore,
  type Verdict,
} from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import type { MAGIC_LINK_OPTIONS } from './magic-link.options.js';
import { magicLinkMail } from './magic-link-mail.js';
import { type MagicLinkProof, readProof } from './magic-link-proof.js';
import { areEqual, type MagicLinkSecrets, newSecrets, requestTokenOf } from './magic-link-secrets.js';

type Settings = SettingsOf<typeof MAGIC_LINK_OPTIONS>;
export const MAGIC_LINK = featureSettings<Settings>('magicLink');

/** The purposes of the stored values. All are stored under the request token. */
const REQUEST = 'magic-link-request';
const OWNER = 'magic-link';
const NEWCOMER = 'magic-link-newcomer';

/** What is stored for a request. It is the same for an address without an account. */
interface Requested {
  readonly login: string;
  /** A keyed digest. */
  readonly code: string;
  readonly remember: boolean;
}

/** For the client that asked. */
export interface MagicLinkRequest {
  /** The client must send it with the link's token or the code. */
  readonly requestToken: string;
  /** In seconds. */
  readonly expiresIn: number;
}

/** Sends links and codes, and logs in users who use them, for apps that bring their own routes. */
@Injectable()
export class MagicLink {
  constructor(
    @Inject(MAGIC_LINK) private readonly settings: Settings,
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(UserStore) private readonly users: UserStore,
    @Inject(Questions) private readonly questions: Questions,
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(Limits) private readonly limits: Limits,
    @Inject(Mailer) private readonly mailer: Mailer,
    @Inject(BackgroundTasks) private readonly background: BackgroundTasks,
    @Inject(AuthEvents) private readonly events: AuthEvents,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Sends a mail if there is such an account, or if addresses without one may register. The answer and its time are the
   * same for all: everything that depends on the account happens afterwards.
   * @param remember whether the session continues after the browser is closed. @default true
   * @throws AuthError `invalid_request`, `too_many_attempts`, `store_unavailable`
   */
  async request(email: string, device: Device, remember = true): Promise<MagicLinkRequest> {
    const login = normaliseLogin(email, 'email');
    await this.limits.take('magic_link', login, device);
    const secrets = newSecrets();
    const { requestToken, code } = secrets;
    const requested: Requested = { login, code: this.#digestOf(requestToken, code), remember };
    const { ttl } = this.settings;
    await Promise.all([
      this.questions.ask(REQUEST, JSON.stringify(requested), ttl, requestToken),
      // A random login, so that an outage of the store fails this request and not the work after the answer.
      this.users.findByLogin(`${randomUUID()}@nobody.invalid`),
    ]);
    this.background.run(() => this.#send(login, secrets, device));
    return { requestToken, expiresIn: ttl };
  }

  /**
   * Logs in, once. For an account with an unverified address, see `AuthService.reclaim`.
   * @param requestToken what the client got when it asked, if it still has it
   * @throws AuthError `magic_link_elsewhere`, `invalid_magic_link`, `wrong_answer`, `invalid_request`,
   * `too_many_attempts`, `account_changed_meanwhile`, `store_unavailable`, and the codes of `AuthService.admit`
   */
  async confirm(given: MagicLinkProof, requestToken: string | undefined, device: Device): Promise<LoginAnswer> {
    const proof = readProof(given);
    const found = 'token' in proof ? this.#requestOf(proof.token, requestToken) : requestToken;
    if (found === undefined) throw new AuthError('magic_link_elsewhere');
    const code = 'code' in proof ? proof.code : undefined;
    const verdict = await this.questions.answer(REQUEST, found, (subject) => {
      const requested = JSON.parse(subject) as Requested;
      return this.#judge(requested, { requestToken: found, code, device });
    });
    if (typeof verdict === 'object') return verdict.right;
    throw new AuthError(verdict === 'wrong' ? 'wrong_answer' : 'invalid_magic_link');
  }

  /** The request of a link. In another browser it is not looked up, so that the link still works in the right one. */
  #requestOf(token: string, requestToken = ''): string | undefined {
    const found = requestTokenOf(token);
    return this.settings.binding === 'none' || areEqual(found, requestToken) ? found : undefined;
  }

  /** @param given.code `undefined` if the client sent the link's token, which does not count as a guess */
  async #judge(
    { login, code, remember }: Requested,
    given: { readonly requestToken: string; readonly code: string | undefined; readonly device: Device },
  ): Promise<Verdict<LoginAnswer>> {
    const { requestToken, device } = given;
    if (given.code !== undefined) {
      // Counted by address, the same way with and without an account.
      const attempt = await this.limits.take('magic_link_code', login, device);
      if (!areEqual(this.#digestOf(requestToken, given.code), code)) {
        this.events.emit('login_failed', { login, device });
        return 'wrong';
      }
      await attempt.succeed();
    }
    const owner = await this.tokens.ownerOf(OWNER, requestToken);
    const newcomer = owner ? null : await this.#newcomer(requestToken, login, device);
    const found = owner ?? newcomer;
    if (!found) return 'void';
    try {
      const { user, address } = found;
      const proved = newcomer ? await this.#verified(newcomer) : await this.auth.reclaim(user, { address, device });
      if (!proved) return 'void';
      const answer = await this.auth.admit(proved, device, { methods: ['otp'], remember });
      this.events.emit('magic_link_used', { userId: proved.id, device });
      return { right: answer };
    } catch (error) {
      if (newcomer || found.user.passwordHash !== null) await this.#bindAgain(found, requestToken).catch(() => {});
      throw error;
    }
  }

  /** Creates the account of an address that had none at the time of the request. */
  async #newcomer(requestToken: string, login: string, device: Device): Promise<TokenOwner | null> {
    if ((await this.tokens.consume(NEWCOMER, requestToken)) !== login) return null;
    try {
      return { user: await this.auth.enrol({ login }, device), address: login };
    } catch (error) {
      // Somebody has registered the address meanwhile. A new request will find that account.
      if (error instanceof AuthError && error.code === 'login_taken') return null;
      await this.tokens.restore(NEWCOMER, requestToken, login, this.settings.ttl).catch(() => {});
      throw error;
    }
  }

  async #verified({ user, address }: TokenOwner): Promise<AuthUser | null> {
    const isVerified = await this.users.setEmailVerified?.(user.id, address, new Date(this.clock()));
    return isVerified ? this.users.findById(user.id) : null;
  }

  /**
   * Makes a link usable again after its login failed. The link is void by then if the account is new, or if its password
   * was removed because the address was unverified.
   */
  async #bindAgain({ user: before, address }: TokenOwner, requestToken: string): Promise<void> {
    const user = await this.users.findById(before.id);
    if (user?.passwordHash !== null || user.login !== before.login) return;
    await this.tokens.issueTo(user, OWNER, { address, ttl: this.settings.ttl, token: requestToken });
  }

  async #send(login: string, { token, requestToken, code }: MagicLinkSecrets, device: Device): Promise<void> {
    const { page, ttl, binding, register } = this.settings;
    const user = await this.users.findByLogin(login);
    if (user ? user.disabledAt : !register) return;
    const address = addressOf(user ?? { id: '', login, passwordHash: null, roles: [] });
    if (address === null) return;
    if (user) {
      await this.tokens.issueTo(user, OWNER, { address, ttl, token: requestToken });
      this.events.emit('magic_link_requested', { userId: user.id, device });
    } else await this.tokens.issue(NEWCOMER, login, ttl, requestToken);
    const link = `${page}#token=${token}`;
    await this.mailer.send(
      magicLinkMail(recipientOf(user, address), { link, code, ttl, isBound: binding === 'browser' }),
    );
  }

  #digestOf(requestToken: string, code: string): string {
    return this.tokens.digestOf(`magic-link:${requestToken}`, code);
  }
}
