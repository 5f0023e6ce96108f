import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import type { AuthRequest } from '../core/auth-request.js';
import type { Policy } from '../core/policy/policy.js';
import type { LiveConnection } from '../core/sessions/live-connections.js';
import type { AuthException } from '../http/auth-exception.js';

/** One way into an app: HTTP, GraphQL, sockets, messages. */
export interface Transport {
  /** The part of a call that shows who is calling. @throws AuthError `unsupported_context` if there is none */
  requestOf(host: ArgumentsHost): AuthRequest;
  /** What a guard throws to refuse a call. */
  exceptionFor(exception: AuthException, host: ArgumentsHost): unknown;
  /** What an exception filter answers with the same meaning. */
  answer(exception: AuthException, host: ArgumentsHost): unknown;
  /** How to end the connection that the call opened, if it stays open. */
  closerOf?(host: ArgumentsHost): Closer | undefined;
}

/** Where a transport keeps who calls. It needs no injector, because `@CurrentUser()` has none. */
export interface CallerMemory {
  /**
   * Stores the caller, or `null` if there is none.
   * @param user what the app finds in `request.user`
   */
  remember(context: ExecutionContext, policy: Policy, caller: unknown, request: AuthRequest, user: unknown): void;
  /** The caller that a guard found; `undefined` if none did. */
  find(context: ExecutionContext): unknown;
  /** Whether a guard has authenticated this very call. */
  hasAuthenticated(context: ExecutionContext): boolean;
  /** A user whom a middleware put on the request of a public handler is not its caller. */
  disregardEarlier?(context: ExecutionContext): void;
}

export interface Closer {
  /** The connection that is closed. Every call on it ends, too. */
  readonly socket: object;
  /** False if the other side has left while the caller was being authenticated. */
  readonly isOpen: boolean;
  readonly close: LiveConnection['close'];
  onClose(forget: () => void): void;
}
