import type { ExecutionContext } from '@nestjs/common';
import type { AuthRequest } from '../core/auth-request.js';
import type { Policy } from '../core/policy/policy.js';
import { resolverCallers } from './graphql/operation-caller.js';
import { requestCallers } from './http.js';
import { messageCallers, socketCallers } from './message-callers.js';
import type { CallerMemory } from './transport.js';

/** By the name that Nest gives the context. */
const MEMORIES = new Map<string, CallerMemory>([
  ['http', requestCallers],
  ['graphql', resolverCallers],
  ['ws', socketCallers],
  ['rpc', messageCallers],
]);

const memoryOf = (context: ExecutionContext): CallerMemory | undefined => MEMORIES.get(context.getType<string>());

/**
 * Stores the caller, or `null` if there is none.
 * @param user what the app finds in `request.user`
 */
export function rememberCaller(
  context: ExecutionContext,
  policy: Policy,
  caller: unknown,
  request: AuthRequest,
  user = caller,
): void {
  memoryOf(context)?.remember(context, policy, caller, request, user);
}

/** The caller that a guard found; `undefined` if none did. It never comes from a message's own claims. */
export function callerOf(context: ExecutionContext): unknown {
  return memoryOf(context)?.find(context);
}

/** Whether a guard has authenticated this very call. */
export function hasAuthenticated(context: ExecutionContext): boolean {
  return memoryOf(context)?.hasAuthenticated(context) === true;
}

/**
 * A public handler authenticates nobody, so a user whom a middleware put on the request is not its caller. The app
 * still finds that user there. A user whom the app's own guard authenticates later is the caller.
 */
export function disregardEarlier(context: ExecutionContext): void {
  memoryOf(context)?.disregardEarlier?.(context);
}
