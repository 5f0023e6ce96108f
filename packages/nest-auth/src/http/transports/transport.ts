import type { ArgumentsHost } from '@nestjs/common';
import type { LiveConnection } from '../../core/live-connections.js';
import type { AuthException } from '../auth-exception.js';
import type { AuthRequest } from '../token-transport.js';

/** What the guard has to know of a way in other than HTTP. */
export interface Transport {
  /** The part of a call that shows who is calling. @throws AuthError `unsupported_context` where there is none */
  requestOf(host: ArgumentsHost): AuthRequest;
  /** What a guard throws there to say no. */
  refusal(exception: AuthException, host: ArgumentsHost): unknown;
  /** What an exception filter answers there with the same meaning. */
  answer(exception: AuthException, host: ArgumentsHost): unknown;
  /** How to end what the call opens, if it opens something that stays. */
  closerOf?(host: ArgumentsHost): Closer | undefined;
}

export interface Closer {
  /** What is closed. Everything that it carries ends with it. */
  readonly socket: object;
  /** Not where the other side has left while the caller was being authenticated. */
  readonly isOpen: boolean;
  readonly close: LiveConnection['close'];
  onClose(forget: () => void): void;
}
