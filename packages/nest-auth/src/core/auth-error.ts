import { hasBrand } from './branded.js';
import { Trace } from './trace.js';

/** Every code the library refuses with, and the default message. Codes are API; messages are not. */
const MESSAGES = {
  // Requests
  invalid_request: 'The request is malformed.',
  missing_token: 'No access token was sent.',
  invalid_token: 'The access token is not valid.',
  token_expired: 'The access token has expired.',
  token_revoked: 'The session of this access token has ended.',
  insufficient_scope: 'The caller may not do this.',
  unsupported_context: 'This kind of handler cannot be authenticated.',
  not_found: 'There is no such thing.',
  // Logging in
  invalid_credentials: 'The login or the password is wrong.',
  login_taken: 'This login is taken.',
  too_many_attempts: 'Too many attempts. Try again later.',
  too_many_sessions: 'You are logged in on too many devices. Log out on one of them first.',
  // Passwords
  password_too_short: 'The password is too short.',
  password_too_long: 'The password is too long.',
  password_malformed: 'The password contains characters that cannot be typed.',
  password_too_common: 'The password is one of the most common ones.',
  password_is_login: 'The password repeats the login.',
  wrong_password: 'The current password is wrong.',
  password_changed_meanwhile: 'The password was changed by somebody else meanwhile.',
  // Refreshing
  invalid_refresh_token: 'The refresh token is not valid.',
  refresh_token_reused: 'The refresh token was used before; its session has ended.',
  session_revoked: 'The session has ended.',
  session_expired: 'The session was not used for too long.',
  session_lifetime_exceeded: 'The session has reached its absolute lifetime.',
  user_not_found: 'The user of this session is gone.',
  user_disabled: 'The user of this session is disabled.',
  // Availability
  overloaded: 'Too many logins at once. Try again shortly.',
  store_unavailable: 'A store did not answer. Try again shortly.',
  contract_broken: 'A part of the app broke its contract with the library.',
  // Boot
  invalid_configuration: 'The configuration is not valid.',
} as const;

export type AuthErrorCode = keyof typeof MESSAGES;

/** All of them, for documents and tables. */
export const authErrorCodes = Object.freeze(Object.keys(MESSAGES)) as readonly AuthErrorCode[];

export interface AuthErrorOptions {
  readonly message?: string;
  /** Seconds after which another try makes sense. */
  readonly retryAfter?: number;
  /** The one field of the request that is at fault. */
  readonly field?: string;
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
 * The one error of the library: a stable `code` out of a closed table. It carries no secret, no token and no word on
 * whether an account exists. In an app that imports `AuthModule` it is an `HttpException` too.
 */
export class AuthError extends Base {
  override readonly name = 'AuthError';
  readonly retryAfter: number | undefined;
  readonly field: string | undefined;

  constructor(
    readonly code: AuthErrorCode,
    options: AuthErrorOptions = {},
  ) {
    const { message = MESSAGES[code], cause } = options;
    // A driver's error holds the query and its parameters, the password hash among them.
    super(message, cause === undefined ? undefined : { cause: cause instanceof AuthError ? cause : Trace.of(cause) });
    this.retryAfter = options.retryAfter;
    this.field = options.field;
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
