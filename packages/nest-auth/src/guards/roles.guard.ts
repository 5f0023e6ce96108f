import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { AuthEvents } from '../core/auth-event.js';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import { type Grants, PolicyTime, refusalOf } from '../core/policy/grants.js';
import { type Policy, policyOf } from '../core/policy/policy.js';
import { missingToken } from '../http/bearer-token.js';
import { callerOf } from '../transports/caller.js';
import { Transports } from '../transports/transports.js';

/** Decides and does not authenticate: for use after another guard has set `request.user`. */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(
    @Inject(AuthEvents) protected readonly events: AuthEvents,
    @Inject(Transports) protected readonly transports: Transports,
    @Inject(PolicyTime) protected readonly time: PolicyTime,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const policy = policyOf(context.getHandler(), context.getClass());
    if (policy.access === 'public') return true;
    return this.decide(policy, callerOf(context), context);
  }

  /** @throws the exception of the context's transport: `missing_token` without a caller; `insufficient_scope`, or what a requirement says, for one who may not */
  protected decide(
    policy: Policy,
    caller: unknown,
    context: ExecutionContext,
    request?: AuthRequest,
  ): boolean | Promise<boolean> {
    if (caller === null || caller === undefined) {
      if (policy.access === 'optional') return true;
      const wantsToken = request && (policy.strategies?.includes('jwt') ?? true);
      throw this.transports.exceptionFor(wantsToken ? missingToken(request) : new AuthError('missing_token'), context);
    }
    const refusal = refusalOf(policy, caller as Grants, this.time);
    if (refusal) this.#deny(caller, context, refusal);
    return policy.authorizers === undefined || this.#ask(policy.authorizers, caller, context);
  }

  async #ask(
    authorizers: NonNullable<Policy['authorizers']>,
    caller: unknown,
    context: ExecutionContext,
  ): Promise<boolean> {
    for (const authorize of authorizers) {
      if ((await authorize(caller as never, context as never)) !== true) this.#deny(caller, context);
    }
    return true;
  }

  #deny(caller: unknown, context: ExecutionContext, error = new AuthError('insufficient_scope')): never {
    this.events.emit('access_denied', { userId: String((caller as { readonly id?: unknown }).id ?? '') });
    throw this.transports.exceptionFor(error, context);
  }
}
