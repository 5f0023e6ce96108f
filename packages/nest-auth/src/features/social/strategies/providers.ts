import { AuthError, type AuthRequest, featureSettings, type SettingsOf } from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import type { SOCIAL_OPTIONS } from '../social.options.js';
import { isOpenIdConnect } from './ours.js';
import { PRESETS, unverified } from './presets.js';
import type { Provider, ProviderOptions, ProviderSource, StrategyClass } from './provider.js';
import { handOver } from './strategy-run.js';

export type SocialSettings = SettingsOf<typeof SOCIAL_OPTIONS>;
export const SOCIAL = featureSettings<SocialSettings>('social');

/** The classes of `social({ … })`, by the names of their providers. */
export const STRATEGIES = Symbol.for('acme/nest-auth:social-strategies');
export type Strategies = Readonly<Record<string, StrategyClass>>;

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
/** Options that lead a known strategy to another server, whose users are not those of the known one. */
const ELSEWHERE = ['authorizationURL', 'tokenURL', 'baseURL', 'userProfileURL', 'profileURL', 'apiEntryPoint'];

/** The providers of an app. Its strategies are never registered with Passport: the registry is the process's. */
@Injectable()
export class Providers {
  readonly #strategies: ReadonlyMap<string, StrategyClass>;
  readonly #sources: ReadonlyMap<string, ProviderSource>;
  /** By the options that the app gave, so that a tenant's client is made once if its options are kept. */
  readonly #made = new WeakMap<ProviderOptions, Map<string, Provider>>();

  constructor(
    @Inject(SOCIAL) private readonly settings: SocialSettings,
    @Inject(STRATEGIES) strategies: Strategies,
  ) {
    this.#strategies = new Map(Object.entries(strategies));
    this.#sources = new Map(Object.entries(settings.providers));
    const problems = [...this.#mismatches(), ...this.#impossible()];
    if (problems.length > 0) {
      const lines = problems.map((line) => `  - ${line}`).join('\n');
      throw new AuthError('invalid_configuration', { message: `social cannot start:\n${lines}` });
    }
  }

  /**
   * The provider of a name, with the client of the request's tenant.
   * @throws AuthError `unknown_provider`; `invalid_configuration` for options that a function made
   */
  async of(name: string, request: AuthRequest): Promise<Provider> {
    const source = this.#sources.get(name);
    if (source === undefined) throw new AuthError('unknown_provider');
    if (typeof source !== 'function') return this.#provider(name, source);
    const options = await source(request);
    if (options === undefined) throw new AuthError('unknown_provider');
    const problem = problemOf(name, options);
    if (problem) throw new AuthError('invalid_configuration', { message: problem });
    return this.#provider(name, options);
  }

  *#mismatches(): Generator<string> {
    if (this.settings.returnTo.length === 0) yield "social.returnTo names no page; write ['https://app.example.org/'].";
    for (const name of this.#strategies.keys()) {
      if (!NAME.test(name)) yield `social({ ${name} }): write a name of a-z, 0-9 and -, at most 32 characters.`;
      if (!this.#sources.has(name)) yield `social.providers.${name} is missing; write { clientID, clientSecret }.`;
    }
    for (const name of this.#sources.keys())
      if (!this.#strategies.has(name)) yield `social.providers.${name} has no strategy; add it to social({ … }).`;
  }

  /** Makes each client once, because a strategy checks its own options when it is made. */
  *#impossible(): Generator<string> {
    for (const [name, source] of this.#sources) {
      if (typeof source === 'function' || !this.#strategies.has(name)) continue;
      const problem = problemOf(name, source);
      if (problem) {
        yield problem;
        continue;
      }
      try {
        this.#provider(name, source);
      } catch (error) {
        // A strategy's own words are about options, but could quote one.
        yield `social.providers.${name}: the strategy refuses the options (${(error as Error)?.name}); compare them with its README.`;
      }
    }
  }

  #provider(name: string, given: ProviderOptions): Provider {
    const made = this.#made.get(given) ?? new Map<string, Provider>();
    this.#made.set(given, made);
    const known = made.get(name);
    if (known) return known;
    const provider = this.#make(name, given);
    made.set(name, provider);
    return provider;
  }

  #make(name: string, options: ProviderOptions): Provider {
    const { issuer, identity, formPost, jwksUri, appIds = [], ...given } = options;
    const preset = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
    const callbackUrl = `${this.settings.url.replace(/\/+$/, '')}/login/${name}/callback`;
    const from = issuer ?? preset?.issuer ?? '';
    const Strategy = this.#strategies.get(name) as unknown as new (options: object, verify: unknown) => object;
    const forStrategy = {
      ...preset?.options,
      ...given,
      issuer: from,
      callbackURL: callbackUrl,
      passReqToCallback: true,
    };
    const scopes = [forStrategy.scope].flat().join(' ').split(/[ ,]/);
    const strategy = new Strategy(forStrategy, handOver);
    return {
      name,
      issuer: from,
      clientId: given.clientID ?? '',
      appIds,
      jwksUri: jwksUri ?? (issuer === undefined ? preset?.jwksUri : undefined),
      callbackUrl,
      formPost: formPost ?? preset?.formPost ?? false,
      nonce: preset?.nonce ?? (isOpenIdConnect(strategy) || scopes.includes('openid')),
      isIssuer: (issuer === undefined && preset?.isIssuer) || ((claimed) => claimed === from),
      identity: identity ?? preset?.identity ?? unverified,
      strategy,
    };
  }
}

/** What is wrong with a provider's options, by name and without a value. */
function problemOf(name: string, options: unknown): string | undefined {
  const at = `social.providers.${name}`;
  if (typeof options !== 'object' || options === null) return `${at} is no object; write { clientID, clientSecret }.`;
  const given = options as ProviderOptions;
  const empty = ['clientID', 'clientSecret', 'issuer'].find(
    (key) => key in given && (typeof given[key] !== 'string' || given[key] === ''),
  );
  const { jwksUri, appIds = [] } = given;
  if (jwksUri !== undefined && !/^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1)[:/])/.test(jwksUri))
    return `${at}.jwksUri does not begin with https:, and whoever can change the keys can be anybody.`;
  if (!Array.isArray(appIds) || !appIds.every((id) => typeof id === 'string' && id !== ''))
    return `${at}.appIds is no list of client ids; write ['…'].`;
  if (empty) return `${at}.${empty} is missing or empty (is the environment variable set?).`;
  // A subject follows behind a space.
  if (given.issuer !== undefined) return /\s/.test(given.issuer) ? `${at}.issuer has a space in it.` : undefined;
  if (!Object.hasOwn(PRESETS, name)) return `${at}.issuer is missing; write the address of the provider.`;
  const elsewhere = ELSEWHERE.find((key) => given[key] !== undefined);
  return elsewhere && `${at}.issuer is missing, and ${elsewhere} leads to another server; write its address.`;
}
