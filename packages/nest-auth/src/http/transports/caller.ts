import type { ExecutionContext } from '@nestjs/common';
import { type Policy, policyOf } from '../../core/policy.js';
import type { AuthRequest } from '../token-transport.js';
import { earlierUserOf } from './earlier-user.js';
import { callerOfResolver, forgetEarlierOfResolver, keepCallerOfResolver } from './graphql/operation-caller.js';
import { streamCallOf } from './message/grpc-stream-call.js';

/** Who calls over a socket or by a message, by the strategies that were asked: handlers may ask different ones. */
const callers = new WeakMap<object, Map<string, unknown>>();
const known = new WeakSet<ExecutionContext>();
/** Whom somebody had put on an HTTP request before the guard of a public route looked at it. */
const earlier = new WeakMap<object, unknown>();

/** Remembers who calls, `null` for nobody. */
export function keepCaller(context: ExecutionContext, policy: Policy, caller: unknown, request: AuthRequest): void {
  known.add(context);
  if (isGraphql(context)) {
    keepCallerOfResolver(context, caller, request);
    return;
  }
  const anchor = anchorOf(context);
  if (!anchor) return;
  const ways = callers.get(anchor) ?? new Map();
  callers.set(anchor, ways.set(wayOf(policy), caller));
}

/** Whether a guard has authenticated this very call. */
export function isKnown(context: ExecutionContext): boolean {
  return known.has(context);
}

/**
 * A public handler asks nobody who they are, so whom a middleware put on the request is not its caller. The app still
 * finds them there; and whom a guard of the app's own authenticates later is the caller.
 */
export function forgetEarlier(context: ExecutionContext): void {
  if (context.getType() !== 'http') {
    if (isGraphql(context)) forgetEarlierOfResolver(context);
    return;
  }
  const request = context.getArgByIndex<AuthRequest>(0);
  const user = earlierUserOf(request);
  if (user !== undefined) earlier.set(request, user);
}

/** Who calls, as a guard found out; `undefined` if none did. Never what a message says of itself. */
export function callerOf(context: ExecutionContext): unknown {
  if (context.getType() === 'http') {
    const request = context.getArgByIndex<AuthRequest>(0);
    return earlier.has(request) && earlier.get(request) === request.user ? undefined : request.user;
  }
  if (isGraphql(context)) return callerOfResolver(context);
  const policy = policyOf(context.getHandler(), context.getClass());
  const anchor = anchorOf(context);
  // Others may be known on a socket; a public handler asks for nobody, as over HTTP.
  return anchor && policy.access !== 'public' ? callers.get(anchor)?.get(wayOf(policy)) : undefined;
}

/** What a caller is remembered by: the socket, or what came with the message. */
function anchorOf(context: ExecutionContext): object | undefined {
  const anchor = context.getArgByIndex<unknown>(context.getType() === 'ws' ? 0 : 1);
  if (typeof anchor === 'object' && anchor !== null) return anchor;
  // A stream call of gRPC stands for itself.
  return context.getType() === 'rpc' && streamCallOf(context) ? context.getArgByIndex<object>(0) : undefined;
}

function wayOf({ strategies }: Policy): string {
  return strategies?.join() ?? '';
}

function isGraphql(context: ExecutionContext): boolean {
  return context.getType<string>() === 'graphql';
}
