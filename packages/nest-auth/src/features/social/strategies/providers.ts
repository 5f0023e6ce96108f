import { AuthError, type AuthRequest } from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import { SOCIAL, type SocialSettings } from '../social.settings.js';
import { makeProvider } from './make-provider.js';
import type { Provider, ProviderOptions, ProviderSource, StrategyClass } from './provider.js';
import { problemOf, type Strategies } from './provider-rules.js';

/** The classes of `social({ … })`, by the names of their providers. */
export const STRATEGIES = Symbol.for('acme/nest-auth:social-strategies');

/** The providers of an app. Boot has checked all options that are not made by a function. */
@Injectable()
export class Providers {
  readonly #strategies: ReadonlyMap<string, StrategyClass>;
  readonly #sources: ReadonlyMap<string, ProviderSource>;
  /** By the app's options object, so that a tenant's client is made only once if the app keeps the object. */
  readonly #made = new WeakMap<ProviderOptions, Map<string, Provider>>();

  constructor(
    @Inject(SOCIAL) private readonly settings: SocialSettings,
    @Inject(STRATEGIES) strategies: Strategies,
  ) {
    this.#strategies = new Map(Object.entries(strategies));
    this.#sources = new Map(Object.entries(settings.providers));
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

  #provider(name: string, given: ProviderOptions): Provider {
    const made = this.#made.get(given) ?? new Map<string, Provider>();
    this.#made.set(given, made);
    const known = made.get(name);
    if (known) return known;
    const provider = makeProvider(name, this.#strategies.get(name) as StrategyClass, given, this.settings.url);
    made.set(name, provider);
    return provider;
  }
}
