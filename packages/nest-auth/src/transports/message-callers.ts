import type { ExecutionContext } from '@nestjs/common';
import { type Policy, policyOf } from '../core/policy/policy.js';
import { streamCallOf } from './message/grpc-stream-call.js';
import type { CallerMemory } from './transport.js';

/** The callers of each socket or message, by strategies: handlers of one socket may use different ones. */
const callers = new WeakMap<object, Map<string, unknown>>();
const authenticated = new WeakSet<ExecutionContext>();

/** @param callOf returns the object that represents a call: the socket, or the context of a message */
const keptBy = (callOf: (context: ExecutionContext) => unknown): CallerMemory => {
  const keyOf = (context: ExecutionContext): object | undefined => {
    const call = callOf(context);
    return typeof call === 'object' && call !== null ? call : undefined;
  };
  return {
    remember(context, policy, caller) {
      authenticated.add(context);
      const key = keyOf(context);
      if (!key) return;
      const byStrategies = callers.get(key) ?? new Map();
      callers.set(key, byStrategies.set(strategiesOf(policy), caller));
    },
    find(context) {
      const policy = policyOf(context.getHandler(), context.getClass());
      const key = keyOf(context);
      // A public handler has no caller, as over HTTP, even if the socket has one.
      return key && policy.access !== 'public' ? callers.get(key)?.get(strategiesOf(policy)) : undefined;
    },
    hasAuthenticated: (context) => authenticated.has(context),
  };
};

export const socketCallers: CallerMemory = keptBy((context) => context.getArgByIndex(0));

export const messageCallers: CallerMemory = keptBy((context) => {
  const call = context.getArgByIndex<unknown>(1);
  if (typeof call === 'object' && call !== null) return call;
  // A stream call of gRPC is its own key.
  return streamCallOf(context) ? context.getArgByIndex(0) : undefined;
});

function strategiesOf({ strategies }: Policy): string {
  return strategies?.join() ?? '';
}
