import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import passport from 'passport';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import { policyOf } from '../core/policy/policy.js';
import { token } from '../core/token.js';

/** Passport's contract: `authenticate` ends by calling exactly one of the others. */
export interface PassportStrategyContract {
  authenticate(request: AuthRequest, options?: object): void;
  success(user: unknown, info?: unknown): void;
  fail(challenge?: unknown, status?: number): void;
  pass(): void;
  error(error: unknown): void;
  redirect(url: string): void;
}

/** What a strategy is registered with. */
export interface Registry {
  use(name: string, strategy: object): unknown;
}

/** A base class for strategies that keeps the types of `@types/passport-*` out of our declarations. */
export type StrategyBase = abstract new (
  ...args: unknown[]
) => PassportStrategyContract & { getPassportInstance(): Registry };

export type StrategyOutcome = { readonly user: unknown; readonly info?: unknown } | { readonly challenge: unknown };

/** The strategy that Passport would run for a name; it has one for the whole process. */
export function registeredAs(name: string): object | undefined {
  return (passport as unknown as { _strategy(name: string): object | undefined })._strategy(name);
}

/** Runs one strategy for one request, without Passport's process-wide registry and its additions to the request. */
export function runStrategy(strategy: object, request: AuthRequest): Promise<StrategyOutcome> {
  return new Promise((resolve, reject) => {
    const run: PassportStrategyContract = Object.create(strategy);
    run.success = (user, info) => resolve({ user, info });
    run.fail = (challenge) => resolve({ challenge });
    run.pass = () => resolve({ challenge: undefined });
    run.error = reject;
    run.redirect = () =>
      reject(
        new AuthError('unsupported_context', {
          message: 'This strategy redirects; use AuthGuard of @nestjs/passport.',
        }),
      );
    run.authenticate(request, {});
  });
}

/** This module's own strategies by name: another module of the process may have registered the same names later. */
export const OWN_STRATEGIES = token<Readonly<Record<string, object>>>('own-strategies');

/** The app's own Passport strategies, by the name they were registered under. */
@Injectable()
export class PassportStrategies implements OnApplicationBootstrap {
  readonly #byName: Map<string, object>;

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(OWN_STRATEGIES) own: Readonly<Record<string, object>>,
  ) {
    this.#byName = new Map(Object.entries(own));
  }

  /** Every strategy that a handler names must be there. */
  onApplicationBootstrap(): void {
    for (const { instance } of this.discovery.getControllers()) {
      if (!instance) continue;
      const prototype = Object.getPrototypeOf(instance);
      for (const method of this.scanner.getAllMethodNames(prototype)) {
        for (const name of policyOf(instance[method], instance.constructor).strategies ?? []) this.#find(name);
      }
    }
  }

  /**
   * Tries strategies in order.
   * @returns the first user, or `null` when no strategy found credentials
   * @throws AuthError `invalid_token` when one did, and refused them; and whatever a strategy reports as an error
   */
  async authenticate(names: readonly string[], request: AuthRequest): Promise<unknown> {
    let refused = false;
    for (const name of names) {
      const outcome = await runStrategy(this.#find(name), request);
      if ('user' in outcome && outcome.user) {
        request.authInfo = outcome.info;
        return outcome.user;
      }
      refused ||= 'challenge' in outcome && sawCredentials(outcome.challenge);
    }
    if (refused) throw new AuthError('invalid_token');
    return null;
  }

  /** Passport knows the class behind a name; the injector has this app's instance of it. */
  #find(name: string): object {
    let strategy = this.#byName.get(name);
    if (strategy) return strategy;
    const registered = registeredAs(name);
    if (!registered) {
      throw new AuthError('invalid_configuration', {
        message: `@Authenticated('${name}'): no Passport strategy of this name is provided; add it to a module's providers.`,
      });
    }
    const own = this.discovery.getProviders().find(({ instance }) => instance?.constructor === registered.constructor);
    strategy = (own?.instance as object | undefined) ?? registered;
    this.#byName.set(name, strategy);
    return strategy;
  }
}

/** Ours fails with an AuthError; bearer strategies with a challenge that names an error only for a token they saw. */
function sawCredentials(challenge: unknown): boolean {
  if (challenge instanceof AuthError) return challenge.code !== 'missing_token';
  return typeof challenge === 'string' && challenge.includes('error=');
}
