import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { AuthError } from '../core/auth-error.js';
import { AuthEvents } from '../core/auth-event.js';
import { type Policy, policyOf } from '../core/policy.js';
import type { CredentialKind } from '../core/principal.js';
import { refusal } from './auth-error.filter.js';
import { JwtStrategy } from './jwt.strategy.js';
import { PassportStrategies } from './passport-strategy.js';
import { RolesGuard } from './roles.guard.js';
import type { AuthRequest } from './token-transport.js';

/** What features add to the access token. */
export const CREDENTIAL_KINDS = Symbol.for('acme/nest-auth:credential-kinds');

/**
 * Authenticates, then decides. Private by default: a handler without a decorator wants a valid access token. It
 * answers without a promise unless a store, a foreign strategy or an `@Authorize` has to be asked.
 */
@Injectable()
export class JwtAuthGuard extends RolesGuard {
  constructor(
    @Inject(AuthEvents) events: AuthEvents,
    @Inject(JwtStrategy) private readonly jwt: JwtStrategy,
    @Inject(PassportStrategies) private readonly strategies: PassportStrategies,
    @Inject(CREDENTIAL_KINDS) private readonly kinds: readonly CredentialKind[],
  ) {
    super(events);
  }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const policy = policyOf(context.getHandler(), context.getClass());
    if (policy.access === 'public') return true;
    if (context.getType() !== 'http') throw refusal(new AuthError('unsupported_context'));
    const request = context.getArgByIndex<AuthRequest>(0);
    let caller: unknown;
    try {
      caller = this.#callerOf(policy, request);
    } catch (error) {
      throw refusal(error);
    }
    return caller instanceof Promise
      ? this.#wait(caller, policy, request, context)
      : this.#enter(caller, policy, request, context);
  }

  #callerOf(policy: Policy, request: AuthRequest): unknown {
    if (policy.strategies) return this.strategies.authenticate(policy.strategies, request);
    for (const kind of this.kinds) if (kind.matches(request)) return kind.authenticate(request);
    return this.jwt.principalOf(request);
  }

  async #wait(
    caller: Promise<unknown>,
    policy: Policy,
    request: AuthRequest,
    context: ExecutionContext,
  ): Promise<boolean> {
    let arrived: unknown;
    try {
      arrived = await caller;
    } catch (error) {
      throw refusal(error);
    }
    return this.#enter(arrived, policy, request, context);
  }

  #enter(caller: unknown, policy: Policy, request: AuthRequest, context: ExecutionContext): boolean | Promise<boolean> {
    // Also where nobody was found: what an earlier middleware put there was not checked by us.
    request.user = caller;
    return this.decide(policy, caller, context);
  }
}
