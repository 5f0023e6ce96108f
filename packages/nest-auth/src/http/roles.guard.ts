import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { AuthError } from '../core/auth-error.js';
import { AuthEvents } from '../core/auth-event.js';
import { type Bearer, type Policy, policyOf, satisfies } from '../core/policy.js';
import { refusal } from './auth-error.filter.js';
import type { AuthRequest } from './token-transport.js';

/** Decides and does not authenticate: for use after another guard has set `request.user`. */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(@Inject(AuthEvents) protected readonly events: AuthEvents) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const policy = policyOf(context.getHandler(), context.getClass());
    if (policy.access === 'public') return true;
    if (context.getType() !== 'http') throw refusal(new AuthError('unsupported_context'));
    const { user } = context.getArgByIndex<AuthRequest>(0);
    return this.decide(policy, user, context);
  }

  /** @throws AuthException `missing_token` without a caller, `insufficient_scope` for one who may not */
  protected decide(policy: Policy, caller: unknown, context: ExecutionContext): boolean | Promise<boolean> {
    if (caller === null || caller === undefined) {
      if (policy.access === 'optional') return true;
      throw refusal(new AuthError('missing_token'));
    }
    if (!satisfies(policy, caller as Bearer)) this.#deny(caller);
    return policy.authorizers === undefined || this.#ask(policy.authorizers, caller, context);
  }

  async #ask(
    authorizers: NonNullable<Policy['authorizers']>,
    caller: unknown,
    context: ExecutionContext,
  ): Promise<boolean> {
    for (const authorize of authorizers) {
      if ((await authorize(caller as never, context as never)) !== true) this.#deny(caller);
    }
    return true;
  }

  #deny(caller: unknown): never {
    this.events.emit('access_denied', { userId: String((caller as { readonly id?: unknown }).id ?? '') });
    throw refusal(new AuthError('insufficient_scope'));
  }
}
