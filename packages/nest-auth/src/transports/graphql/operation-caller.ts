import type { ExecutionContext } from '@nestjs/common';
import type { AuthRequest } from '../../core/auth-request.js';
import { earlierUserOf } from '../earlier-user.js';
import { callerBehind } from '../request-user.js';
import type { CallerMemory } from '../transport.js';
import { type Fields, isObject, isRootField, resolverCallOf, rootFieldOf } from './resolver-call.js';

/** Callers by `info`, which belongs to one call of a resolver. */
const callers = new WeakMap<object, unknown>();
/** The user that the guard put on a request, for the app to read. */
const placed = new WeakMap<object, unknown>();
/** By operation, for the resolvers below a root field that have no guard of their own. */
const operations = new WeakMap<object, Operation>();
const authenticated = new WeakSet<ExecutionContext>();

/** The user that was on the request before the guard of a public resolver saw it; by `info`. */
const earlier = new WeakMap<object, unknown>();

interface Operation {
  /** @nestjs/mercurius may use one context for all requests, but each request has its own reply. */
  readonly reply: unknown;
  readonly byRootField: Map<string | undefined, unknown>;
  /** The same as `earlier`, for public root fields. */
  readonly earlier: Map<string | undefined, unknown>;
}

/** Who calls a resolver, or the root field above it. */
export const resolverCallers: CallerMemory = {
  remember(host, _policy, caller, request, user) {
    authenticated.add(host);
    const { context, info } = resolverCallOf(host);
    placed.set(request, user);
    if (info) callers.set(info, caller);
    if (context && info && isRootField(info)) rememberOperation(context).byRootField.set(rootFieldOf(info), caller);
    request.user = user;
  },

  find(host) {
    const { context, info } = resolverCallOf(host);
    if (info && callers.has(info)) return callers.get(info);
    if (!context) return undefined;
    const operation = operationOf(context);
    const rootField = info && rootFieldOf(info);
    if (operation?.byRootField.has(rootField)) return operation.byRootField.get(rootField);
    // The guards of @nestjs/passport leave the user on the HTTP request. A user that our guard put there belongs to
    // another field.
    const { req } = context;
    if (!isRequest(req) || (placed.has(req) && placed.get(req) === req.user)) return undefined;
    const before = info && earlier.has(info) ? earlier.get(info) : operation?.earlier.get(rootField);
    return before === req.user ? undefined : callerBehind(req, req.user);
  },

  hasAuthenticated: (host) => authenticated.has(host),

  /** The earlier user is not the caller of the resolvers below this one either. */
  disregardEarlier(host) {
    const { context, info } = resolverCallOf(host);
    if (!context || !info || !isRequest(context.req)) return;
    const user = earlierUserOf(context.req);
    if (user === undefined) return;
    earlier.set(info, user);
    if (isRootField(info)) rememberOperation(context).earlier.set(rootFieldOf(info), user);
  },
};

function rememberOperation(context: Fields): Operation {
  const operation = operationOf(context) ?? { reply: context.reply, byRootField: new Map(), earlier: new Map() };
  operations.set(context, operation);
  return operation;
}

function operationOf(context: Fields): Operation | undefined {
  const operation = operations.get(context);
  return operation?.reply === context.reply ? operation : undefined;
}

/** Parsed JSON has no class's prototype, so an app that spreads a client's input into the context fakes no request. */
export function isRequest(value: unknown): value is AuthRequest & Fields {
  if (!isObject(value) || !isObject(value.headers)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype !== null && prototype !== Object.prototype;
}
