import {
  AuthError,
  type AuthRequest,
  AuthService,
  Clock,
  type Device,
  deviceOf,
  EphemeralStore,
  IdTokens,
  Limits,
  type LoginAnswer,
  Questions,
  TokenAnswers,
  type Verdict,
} from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import { type Flow, Flows, type Intent } from './flows.js';
import { Identities } from './identities/identities.service.js';
import { LoginCodes } from './login-codes.js';
import { errorIn, pageWith, refusalIn } from './page-answer.js';
import { digestOf, random } from './secret-values.js';
import { SOCIAL, type SocialSettings } from './social.settings.js';
import { identityOf } from './strategies/identity-of.js';
import { inTime } from './strategies/in-time.js';
import type { Identity, Parameters, Provider } from './strategies/provider.js';
import { Providers } from './strategies/providers.js';
import { begin, complete } from './strategies/strategy-run.js';
import { useCode } from './use-code.js';

const LINK = 'social-link';
const LINK_CODE = 'social-link-code';
/** In seconds. */
const LINK_LIVES = 600;
const LINK_CODE_LIVES = 60;
/** Longer than any ID token is accepted. */
const ID_TOKEN_LIVES = 900;

/** Logins by other providers, for apps that bring their own routes. */
@Injectable()
export class SocialLogins {
  constructor(
    @Inject(SOCIAL) private readonly settings: SocialSettings,
    @Inject(Providers) private readonly providers: Providers,
    @Inject(Flows) private readonly flows: Flows,
    @Inject(Identities) private readonly identities: Identities,
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(TokenAnswers) private readonly answers: TokenAnswers,
    @Inject(Questions) private readonly questions: Questions,
    @Inject(LoginCodes) private readonly codes: LoginCodes,
    @Inject(Limits) private readonly limits: Limits,
    @Inject(IdTokens) private readonly idTokens: IdTokens,
    @Inject(EphemeralStore) private readonly ephemeral: EphemeralStore,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Begins a login in a browser.
   * @param parameters `return_to`; `code_challenge` if tokens are sent in bodies; `transport`, `remember`; or `link`
   * @returns the address to send the browser to: the provider, or the app's page with `#error=<code>`
   * @throws AuthError `unknown_provider`, `invalid_request` for a page that is not listed, `provider_failed`,
   * `store_unavailable`
   */
  async begin(name: string, parameters: Parameters, request: AuthRequest, response: unknown): Promise<string> {
    const provider = await this.providers.of(name, request);
    let returnTo = this.#pageOf(parameters.return_to);
    try {
      await this.#counted(request);
      const { link } = parameters;
      const go = async (intent: Intent) => {
        returnTo = intent.returnTo;
        const secrets = { state: random(), verifier: random(), nonce: random() };
        const { url, kept } = await begin(provider, request, secrets, this.settings.timeout);
        await this.flows.keep(name, { ...intent, secrets, kept, clientId: provider.clientId }, request, response);
        return url;
      };
      return link === undefined ? await go(this.#intentOf(parameters, returnTo)) : await this.#byTicket(name, link, go);
    } catch (error) {
      return pageWith(returnTo, { error: refusalIn(error) });
    }
  }

  /**
   * Takes a form of a provider, and keeps it until the browser comes with its cookies.
   * @returns the address to send the browser to
   * @throws AuthError `unknown_provider`, `invalid_request`, `too_many_attempts`, `store_unavailable`
   */
  async keepForm(name: string, form: Parameters, request: AuthRequest): Promise<string> {
    const provider = await this.providers.of(name, request);
    if (!provider.formPost) throw new AuthError('invalid_request', { message: 'This provider answers with a link.' });
    await this.#counted(request);
    return `${provider.callbackUrl}?form=${await this.flows.keepForm(name, form)}`;
  }

  /**
   * Ends a login in a browser, by cookies on the response or by a code in the address.
   * @returns the address of the app's page
   * @throws AuthError `unknown_provider`, `invalid_login_state`, `provider_failed`, `store_unavailable`. Refusals of a
   * login that this browser has begun go to the page as `#error=<code>`
   */
  async complete(name: string, query: Parameters, request: AuthRequest, response: unknown): Promise<string> {
    const provider = await this.providers.of(name, request);
    const parameters = query.form === undefined ? query : await this.flows.formOf(name, query.form);
    const state = parameters?.state ?? parameters?.RelayState ?? '';
    const flow = parameters && (await this.flows.take(name, state, request));
    if (!flow) throw new AuthError('invalid_login_state');
    const error = errorIn(parameters);
    const { returnTo } = flow;
    if (error) return pageWith(returnTo, { error });
    try {
      const identity = await this.#identity(provider, parameters, flow, request);
      return pageWith(returnTo, await this.#deliver(identity, flow, request, response));
    } catch (refusal) {
      return pageWith(returnTo, { error: refusalIn(refusal) });
    }
  }

  /**
   * The tokens of a login that ended with a code. A code works once, for the client that began the login.
   * @param verifier whose SHA-256 was the `code_challenge`
   * @throws AuthError `invalid_login_code`, and the codes of `AuthService.admit`
   */
  async exchange(code: string, verifier: string, request: AuthRequest): Promise<LoginAnswer> {
    return this.codes.redeem(code, verifier, (user, login) => this.auth.admit(user, deviceOf(request), login));
  }

  /**
   * Logs in with an ID token that the provider's own kit gave to an app on a phone.
   * @param nonce whose SHA-256, in hexadecimal, the app gave to the kit
   * @throws AuthError `unknown_provider`, `invalid_request` if the provider's keys are not known to the app,
   * `provider_answer_refused`, and the codes of `Identities.userOf` and `AuthService.admit`
   */
  async byIdToken(name: string, idToken: string, nonce: string, request: AuthRequest): Promise<LoginAnswer> {
    const provider = await this.providers.of(name, request);
    const device = await this.#counted(request);
    const { jwksUri, isIssuer, clientId, appIds } = provider;
    if (jwksUri === undefined) throw new AuthError('invalid_request', { message: 'This provider has no jwksUri.' });
    const claims = await this.idTokens.verify(idToken, { jwksUri, isIssuer, audience: [clientId, ...appIds], nonce });
    // Without the signature, which has several valid encodings.
    const used = `social:${digestOf(idToken.slice(0, idToken.lastIndexOf('.')))}`;
    if (!claims || !(await this.ephemeral.putIfAbsent(used, '1', ID_TOKEN_LIVES)))
      throw new AuthError('provider_answer_refused');
    try {
      const identified = identityOf(provider, { profile: {}, claims, accessToken: undefined });
      const user = await this.identities.userOf(await inTime(identified, this.settings.timeout), device);
      return await this.auth.admit(user, device, { methods: ['fed', provider.name] });
    } catch (error) {
      // Nobody is logged in, so the token must work again.
      await this.ephemeral.take(used).catch(() => {});
      throw error;
    }
  }

  /**
   * Begins to add an identity to a user who is logged in.
   * @returns the address that the user's browser goes to
   * @throws AuthError `unknown_provider`, `invalid_request`, `store_unavailable`
   */
  async beginLink(userId: string, name: string, returnTo: string | undefined, request: AuthRequest): Promise<string> {
    const { callbackUrl } = await this.providers.of(name, request);
    const subject = JSON.stringify({ userId, name, returnTo: this.#pageOf(returnTo) });
    const ticket = await this.questions.ask(LINK, subject, LINK_LIVES);
    return `${callbackUrl.replace(/\/callback$/, '')}?link=${ticket}`;
  }

  /**
   * Adds the identity. Only the user who began can do this: an attacker may have sent another person's browser to the
   * provider.
   * @throws AuthError `invalid_login_code`, `identity_taken`, `store_unavailable`
   */
  completeLink(userId: string, code: string, request: AuthRequest): Promise<void> {
    return useCode(this.questions, LINK_CODE, code, async (subject): Promise<Verdict<void>> => {
      const held = JSON.parse(subject) as { readonly userId: string; readonly identity: Identity };
      if (held.userId !== userId) return 'void';
      return { right: await this.identities.link(userId, held.identity, deviceOf(request)) };
    });
  }

  /** @throws AuthError `too_many_attempts`, `store_unavailable` */
  async #counted(request: AuthRequest): Promise<Device> {
    const device = deviceOf(request);
    await this.limits.take('social_login', device.ip ?? 'unknown', device);
    return device;
  }

  #intentOf(parameters: Parameters, returnTo: string): Intent {
    const { code_challenge, code_challenge_method = 'S256', transport, remember } = parameters;
    const common = { returnTo, remember: remember !== 'false' };
    // A browser that follows a link sends no header of ours, so a parameter chooses.
    const headers = transport === undefined ? {} : { 'x-auth-transport': transport };
    if (this.answers.isByCookie({ headers })) return { ...common, deliver: { by: 'cookie' } };
    if (code_challenge === undefined || !/^[\w-]{43}$/.test(code_challenge) || code_challenge_method !== 'S256') {
      throw new AuthError('invalid_request', {
        message: 'code_challenge must be the SHA-256 of a secret of the client, as base64url (RFC 7636, S256).',
        field: 'code_challenge',
      });
    }
    return { ...common, deliver: { by: 'code', challenge: code_challenge } };
  }

  /** Uses a ticket up, also at another provider; not if the browser cannot be sent on. */
  #byTicket(provider: string, ticket: string, go: (intent: Intent) => Promise<string>): Promise<string> {
    return useCode(this.questions, LINK, ticket, async (subject): Promise<Verdict<string>> => {
      const held = JSON.parse(subject) as { readonly userId: string; name: string; returnTo: string };
      if (held.name !== provider) return 'void';
      const { returnTo, userId: linkTo } = held;
      return { right: await go({ returnTo, deliver: { by: 'cookie' }, remember: true, linkTo }) };
    });
  }

  /** Compared without parsing: a browser may read an address in another way than a parser. */
  #pageOf(asked = this.settings.returnTo[0] ?? ''): string {
    if (this.settings.returnTo.includes(asked)) return asked;
    throw new AuthError('invalid_request', { message: 'return_to is not one of social.returnTo.', field: 'return_to' });
  }

  async #identity(provider: Provider, parameters: Parameters, flow: Flow, request: AuthRequest): Promise<Identity> {
    const { secrets, kept, clientId } = flow;
    // An answer of another provider that was redirected here (RFC 9207 §2.4).
    const isForeign = parameters.iss !== undefined && !provider.isIssuer(parameters.iss);
    if (isForeign || clientId !== provider.clientId) throw new AuthError('provider_answer_refused');
    const answered = { parameters, secrets, kept, now: this.clock() };
    return complete(provider, request, answered, this.settings.timeout);
  }

  async #deliver(identity: Identity, flow: Flow, request: AuthRequest, response: unknown): Promise<Parameters> {
    const { linkTo, deliver, remember } = flow;
    if (linkTo !== undefined) {
      const held = JSON.stringify({ userId: linkTo, identity });
      return { link_code: await this.questions.ask(LINK_CODE, held, LINK_CODE_LIVES) };
    }
    const device = deviceOf(request);
    const user = await this.identities.userOf(identity, device);
    const login = { methods: ['fed', identity.provider], remember };
    if (deliver.by === 'code') return { code: await this.codes.issue(user, deliver.challenge, login) };
    const answer = await this.auth.admit(user, device, login);
    if ('access_token' in answer) {
      this.answers.setCookies(response, answer);
      return {};
    }
    const { challenge, challenge_token, expires_in } = answer;
    return { challenge, challenge_token, expires_in: String(expires_in) };
  }
}
