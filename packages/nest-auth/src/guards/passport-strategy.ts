import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import passport from 'passport';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import type { AuthErrorCode } from '../core/errors/error-codes.js';
import type { Principal } from '../core/policy/principal.js';
import { token } from '../core/token.js';
import { callerBehind } from '../transports/request-user.js';
import { CredentialKinds } from './credential-kinds.js';
import { HandlerPolicies } from './handler-policies.js';

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

/** The errors for an unknown caller. */
const UNKNOWN_CALLER: readonly AuthErrorCode[] = ['missing_token', 'invalid_token'];

/** What `@Authenticated(…)` names: kinds of credentials, and Passport strategies by the name they were registered under. */
@Injectable()
export class PassportStrategies implements OnApplicationBootstrap {
  readonly #byName: Map<string, object>;

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(HandlerPolicies) private readonly handlers: HandlerPolicies,
    @Inject(CredentialKinds) private readonly kinds: CredentialKinds,
    @Inject(OWN_STRATEGIES) own: Readonly<Record<string, object>>,
  ) {
    this.#byName = new Map(Object.entries(own));
  }

  /** @throws AuthError `invalid_configuration` for an unknown or ambiguous name */
  onApplicationBootstrap(): void {
    const ambiguous = [...this.kinds.names].filter((name) => this.#byName.has(name) || this.#providedAs(name));
    const unknown = [...this.handlers.strategies].filter((name) => !this.kinds.has(name) && !this.#search(name));
    const problems = [...ambiguous.map(isAmbiguous), ...unknown.map(isUnknown)];
    if (problems.length > 0) throw new AuthError('invalid_configuration', { message: problems.join('\n') });
  }

  /**
   * Finds the caller of a request. If the request carries a kind of credential that the handler names, only this kind
   * decides; otherwise strategies are tried in order.
   * @returns `null` when no credentials were found; a promise unless a kind knows at once
   * @throws AuthError of the kind; the first strategy's refusal of the credentials, as `invalid_token` if it is not an
   * `AuthError`; any error that a strategy reports
   */
  authenticate(names: readonly string[], request: AuthRequest): unknown {
    const kind = this.kinds.find(names, request);
    return kind ? settled(kind.authenticate(request)) : this.#try(names, request);
  }

  /** Names the caller's kind of credential in a refusal, if the handler does not accept that kind. */
  explained(refusal: unknown, names: readonly string[], requestOf: () => AuthRequest): unknown {
    if (!(refusal instanceof AuthError) || !UNKNOWN_CALLER.includes(refusal.code)) return refusal;
    const kind = this.kinds.unnamedIn(requestOf(), names);
    if (kind === undefined) return refusal;
    return new AuthError(refusal.code, { message: `This handler does not take credentials of the kind '${kind}'.` });
  }

  async #try(names: readonly string[], request: AuthRequest): Promise<unknown> {
    let refused: AuthError | undefined;
    for (const name of names) {
      if (this.kinds.has(name)) continue;
      const outcome = await runStrategy(this.#find(name), request);
      if ('user' in outcome && outcome.user) {
        request.authInfo = outcome.info;
        return callerBehind(request, outcome.user);
      }
      if ('challenge' in outcome) refused ??= refusalIn(outcome.challenge);
    }
    if (refused) throw refused;
    return null;
  }

  #find(name: string): object {
    const strategy = this.#search(name);
    if (!strategy) throw new AuthError('invalid_configuration', { message: isUnknown(name) });
    return strategy;
  }

  /** Passport knows the class behind a name; the injector has this app's instance of it. */
  #search(name: string): object | undefined {
    const known = this.#byName.get(name);
    if (known) return known;
    const registered = registeredAs(name);
    if (!registered) return undefined;
    const strategy = this.#providedAs(name) ?? registered;
    this.#byName.set(name, strategy);
    return strategy;
  }

  /** This app's own strategy of a name. */
  #providedAs(name: string): object | undefined {
    const registered = registeredAs(name);
    if (!registered) return undefined;
    const provider = this.discovery
      .getProviders()
      .find(({ instance }) => instance?.constructor === registered.constructor);
    return provider?.instance as object | undefined;
  }
}

/** The guard awaits only promises of this realm; any other thenable is wrapped, or it would count as a caller. */
function settled(caller: Principal | PromiseLike<Principal>): Principal | Promise<Principal> {
  return typeof (caller as Partial<PromiseLike<Principal>> | null)?.then === 'function'
    ? Promise.resolve(caller)
    : (caller as Principal);
}

function isAmbiguous(name: string): string {
  return `@Authenticated('${name}') could mean a feature's credential or a Passport strategy; give the strategy another name.`;
}

function isUnknown(name: string): string {
  return `@Authenticated('${name}'): no Passport strategy of this name is provided, and no feature has such a credential; add the strategy to a module's providers, or the feature to features.`;
}

/** Our strategies fail with an AuthError, bearer strategies with a challenge that has `error=` if they saw a token. */
function refusalIn(challenge: unknown): AuthError | undefined {
  if (challenge instanceof AuthError) return challenge.code === 'missing_token' ? undefined : challenge;
  return typeof challenge === 'string' && challenge.includes('error=') ? new AuthError('invalid_token') : undefined;
}
