import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { AuthEvents, type Device, UNKNOWN_DEVICE } from '../core/auth-event.js';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import type { DecisionNotes } from '../core/observation/decision-observers.js';
import { Observation } from '../core/observation/observation.js';
import { type Grants, PolicyTime, refusalOf } from '../core/policy/grants.js';
import { markEnforcer } from '../core/policy/marks.js';
import { type Policy, policyOf } from '../core/policy/policy.js';
import { missingToken } from '../http/bearer-token.js';
import { deviceOf } from '../http/device.js';
import { callerOf } from '../transports/caller.js';
import { Transports } from '../transports/transports.js';

/** Decides, but does not authenticate. Use it after another guard has set `request.user`. */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(
    @Inject(AuthEvents) protected readonly events: AuthEvents,
    @Inject(Transports) protected readonly transports: Transports,
    @Inject(PolicyTime) protected readonly time: PolicyTime,
    @Inject(Observation) protected readonly observation: Observation,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const { decisions } = this.observation;
    return decisions === undefined
      ? this.answer(context)
      : decisions.watch(context, (notes) => this.answer(context, notes));
  }

  /** @param notes for observers of the decision, if there are any */
  protected answer(context: ExecutionContext, notes?: DecisionNotes): boolean | Promise<boolean> {
    const policy = policyOf(context.getHandler(), context.getClass());
    if (notes) notes.policy = policy;
    if (policy.access === 'public') return true;
    const caller = callerOf(context);
    if (notes) notes.caller = caller;
    return this.decide(policy, caller, context, undefined, notes);
  }

  /**
   * @throws the exception of the context's transport: `missing_token` without a caller; otherwise `insufficient_scope`
   * or the refusal of a requirement
   */
  protected decide(
    policy: Policy,
    caller: unknown,
    context: ExecutionContext,
    request?: AuthRequest,
    notes?: DecisionNotes,
  ): boolean | Promise<boolean> {
    if (caller === null || caller === undefined) {
      if (policy.access === 'optional') return true;
      const wantsToken = request && (policy.strategies?.includes('jwt') ?? true);
      throw this.exceptionFor(wantsToken ? missingToken(request) : new AuthError('missing_token'), context, notes);
    }
    const refusal = refusalOf(policy, caller as Grants, this.time);
    if (refusal) this.#deny(caller, context, notes, refusal);
    return policy.authorizers === undefined || this.#ask(policy.authorizers, caller, context, notes);
  }

  /** The error to throw: an `AuthError` is translated for the caller's transport, any other error stays unchanged. */
  protected exceptionFor(error: unknown, context: ExecutionContext, notes: DecisionNotes | undefined): unknown {
    if (notes) notes.refusal = error;
    return this.transports.exceptionFor(error, context);
  }

  async #ask(
    authorizers: NonNullable<Policy['authorizers']>,
    caller: unknown,
    context: ExecutionContext,
    notes: DecisionNotes | undefined,
  ): Promise<boolean> {
    for (const authorize of authorizers) {
      if ((await authorize(caller as never, context as never)) !== true) this.#deny(caller, context, notes);
    }
    return true;
  }

  #deny(
    caller: unknown,
    context: ExecutionContext,
    notes: DecisionNotes | undefined,
    error = new AuthError('insufficient_scope'),
  ): never {
    this.events.emit('access_denied', {
      userId: String((caller as { readonly id?: unknown }).id ?? ''),
      handler: `${context.getClass().name}.${context.getHandler().name}`,
      code: error.code,
      device: this.#deviceOf(context),
    });
    throw this.exceptionFor(error, context, notes);
  }

  /** Without `JwtAuthGuard`, the request of a call may be unknown. */
  #deviceOf(context: ExecutionContext): Device {
    try {
      return deviceOf(this.transports.requestOf(context));
    } catch {
      return UNKNOWN_DEVICE;
    }
  }
}

markEnforcer(RolesGuard.prototype);
