import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { AuthEvents } from '../core/auth-event.js';
import type { AuthRequest } from '../core/auth-request.js';
import type { DecisionNotes } from '../core/observation/decision-observers.js';
import { Observation } from '../core/observation/observation.js';
import { PolicyTime } from '../core/policy/grants.js';
import { type Policy, policyOf } from '../core/policy/policy.js';
import type { Principal } from '../core/policy/principal.js';
import { LiveConnections } from '../core/sessions/live-connections.js';
import { disregardEarlier, rememberCaller } from '../transports/caller.js';
import { Transports } from '../transports/transports.js';
import { JwtStrategy } from './jwt.strategy.js';
import { PassportStrategies } from './passport-strategy.js';
import { RolesGuard } from './roles.guard.js';

const BY_TOKEN: readonly string[] = ['jwt'];

/**
 * Authenticates, then decides: HTTP, GraphQL, WebSocket and microservices. Private by default: a handler without a
 * decorator needs a valid access token, and any other context is refused. It answers without a promise unless it has to
 * ask a store, a foreign strategy or an `@Authorize`.
 */
@Injectable()
export class JwtAuthGuard extends RolesGuard {
  constructor(
    @Inject(AuthEvents) events: AuthEvents,
    @Inject(Transports) transports: Transports,
    @Inject(PolicyTime) time: PolicyTime,
    @Inject(Observation) observation: Observation,
    @Inject(JwtStrategy) private readonly jwt: JwtStrategy,
    @Inject(PassportStrategies) private readonly strategies: PassportStrategies,
    @Inject(LiveConnections) private readonly connections: LiveConnections,
  ) {
    super(events, transports, time, observation);
  }

  protected override answer(context: ExecutionContext, notes?: DecisionNotes): boolean | Promise<boolean> {
    const policy = policyOf(context.getHandler(), context.getClass());
    if (notes) notes.policy = policy;
    if (policy.access === 'public') {
      disregardEarlier(context);
      return true;
    }
    let request: AuthRequest;
    let caller: unknown;
    try {
      request = this.transports.requestOf(context);
      caller = this.authenticate(policy, request);
    } catch (error) {
      throw this.exceptionFor(error, context, notes);
    }
    return caller instanceof Promise
      ? this.#wait(caller, policy, request, context, notes)
      : this.#enter(caller, policy, request, context, notes);
  }

  /**
   * Finds the caller of a request by the credentials that a policy asks for.
   * @param before only when an open connection is checked again: the caller it was opened for
   * @returns `null` without a caller
   * @throws AuthError
   */
  authenticate(policy: Policy, request: AuthRequest, before?: unknown): unknown {
    if (policy.strategies) return this.strategies.authenticate(policy.strategies, request);
    return this.jwt.principalOf(request, before);
  }

  protected override exceptionFor(
    error: unknown,
    context: ExecutionContext,
    notes: DecisionNotes | undefined,
  ): unknown {
    const { strategies = BY_TOKEN } = policyOf(context.getHandler(), context.getClass());
    const refusal = this.strategies.explained(error, strategies, () => this.transports.requestOf(context));
    return super.exceptionFor(refusal, context, notes);
  }

  async #wait(
    caller: Promise<unknown>,
    policy: Policy,
    request: AuthRequest,
    context: ExecutionContext,
    notes: DecisionNotes | undefined,
  ): Promise<boolean> {
    let arrived: unknown;
    try {
      arrived = await caller;
    } catch (error) {
      throw this.exceptionFor(error, context, notes);
    }
    return this.#enter(arrived, policy, request, context, notes);
  }

  #enter(
    caller: unknown,
    policy: Policy,
    request: AuthRequest,
    context: ExecutionContext,
    notes: DecisionNotes | undefined,
  ): boolean | Promise<boolean> {
    if (notes) notes.caller = caller;
    // Also without a caller: it overwrites an unchecked user that an earlier middleware put there.
    try {
      rememberCaller(context, policy, caller, request, this.jwt.userFor(request, caller));
    } catch (error) {
      throw this.exceptionFor(error, context, notes);
    }
    if (caller) this.#watch(caller, policy, request, context);
    return this.decide(policy, caller, context, request, notes);
  }

  /** Closes the connection that the call opened as soon as its caller is no longer allowed. */
  #watch(caller: unknown, policy: Policy, request: AuthRequest, context: ExecutionContext): void {
    const closer = this.transports.closerOf(context);
    if (!closer?.isOpen) return;
    const { authorization, cookie } = request.headers;
    const { sessionId } = caller as Partial<Principal>;
    // The session too, because a feature's credential may come in a header of its own.
    const credentials = `${policy.strategies ?? ''} ${sessionId ?? ''} ${authorization ?? ''} ${cookie ?? ''}`;
    let latest = caller;
    const forget = this.connections.addOnce(closer.socket, credentials, {
      sessionId,
      check: async () => {
        latest = await this.authenticate(policy, request, latest);
      },
      close: closer.close,
    });
    if (forget) closer.onClose(forget);
  }
}
