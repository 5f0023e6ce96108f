import { hasBrand } from './branded.js';
import { type AuthErrorCode, errorCode } from './error-codes.js';
import { Trace } from './trace.js';

export interface AuthErrorOptions {
  readonly message?: string;
  /** Seconds after which another try makes sense. */
  readonly retryAfter?: number;
  /** The one field of the request that is at fault. */
  readonly field?: string;
  /** Seconds that a login may be old (`max_age`, RFC 9470). */
  readonly maxAge?: number;
  /** For logs and debuggers; never sent to a client. Kept as a copy: name, code and stack, without the message. */
  readonly cause?: unknown;
}

const BRAND = Symbol.for('acme/nest-auth:AuthError');
const BASE = Symbol.for('acme/nest-auth:AuthErrorBase');

/** One base class for the ESM and the CommonJS copy: errors of both inherit what the edge adds to it. */
const shared = globalThis as { [BASE]?: ErrorConstructor };
shared[BASE] ??= class extends Error {} as ErrorConstructor;
const Base: ErrorConstructor = shared[BASE];

/**
 * The one error of the library: a stable `code` out of one table. It carries no secret, no token and no word on
 * whether an account exists. In an app that imports `AuthModule` it is an `HttpException` too.
 */
export class AuthError extends Base {
  override readonly name = 'AuthError';
  readonly retryAfter: number | undefined;
  readonly field: string | undefined;
  readonly maxAge: number | undefined;

  constructor(
    readonly code: AuthErrorCode,
    options: AuthErrorOptions = {},
  ) {
    const { message = errorCode(code).message, cause } = options;
    // A driver's error holds the query and its parameters, the password hash among them.
    super(message, cause === undefined ? undefined : { cause: cause instanceof AuthError ? cause : Trace.of(cause) });
    this.retryAfter = options.retryAfter;
    this.field = options.field;
    this.maxAge = options.maxAge;
  }

  /** Set on the prototype, so that an error thrown by the ESM copy is an `AuthError` to the CommonJS one. */
  get [BRAND](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // An app's subclass matches only its own instances.
    return this === AuthError ? hasBrand(value, BRAND) : Function.prototype[Symbol.hasInstance].call(this, value);
  }
}
