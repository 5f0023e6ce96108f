import { hasBrand } from './branded.js';
import { type AuthErrorCode, errorCode } from './error-codes.js';
import { Trace } from './trace.js';

export interface AuthErrorOptions {
  readonly message?: string;
  /** Seconds after which the client can try again. */
  readonly retryAfter?: number;
  /** The invalid field of the request. */
  readonly field?: string;
  /** Maximum age of the login, in seconds (`max_age`, RFC 9470). */
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
 * The only error class of the library, with a stable `code` from one table. It contains no secret and no token, and
 * does not reveal whether an account exists. In an app that imports `AuthModule` it is an `HttpException` too.
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
    // A driver's error contains the query and its parameters, including the password hash.
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
