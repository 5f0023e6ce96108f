/** A refusal: the HTTP status and the default message. Codes are API; messages are not. */
export interface ErrorCode {
  readonly status: number;
  /** For the client. It contains no secret and does not reveal whether an account exists. */
  readonly message: string;
}

/** Every code of the library itself. docs/reference/errors.md is made from this table, comments included. */
const CODES = {
  // Requests
  /** A field is missing, not a string or malformed; the message names it. @client correct the request */
  invalid_request: { status: 400, message: 'The request is malformed.' },
  /**
   * No access token was sent, or the `Authorization` header does not begin with `Bearer `; or no strategy of
   * `@Authenticated(...)` found credentials.
   * @client log in, or send `Authorization: Bearer …`
   */
  missing_token: { status: 401, message: 'No access token was sent.' },
  /** Not an access token of this app, or not valid yet. @client refresh once; log in if that fails */
  invalid_token: { status: 401, message: 'The access token is not valid.' },
  /** The access token has expired. @client refresh, then repeat the request */
  token_expired: { status: 401, message: 'The access token has expired.' },
  /** The session has ended: logout, password change, replay. @client log in */
  token_revoked: { status: 401, message: 'The session of this access token has ended.' },
  /**
   * The login is too old, or lacks a method, for `@RequireRecent`; `max_age` is its maximum age in seconds.
   * @client ask for the password, `POST /auth/confirm`, and repeat the request; a refresh does not help
   */
  insufficient_user_authentication: { status: 401, message: 'Prove again who you are.' },
  /** The caller lacks a role or permission, or an `@Authorize` refused. @client do not retry */
  insufficient_scope: { status: 403, message: 'The caller may not do this.' },
  /**
   * A request with cookies that changes something or opens a socket, or a login by cookie, came from a page of another
   * origin, or does not state its origin.
   * @client send it from a page of the app, or of one of `cookies.origins`
   */
  cross_site_request: {
    status: 403,
    message:
      'The request did not come from a page of this app: its Origin is missing, or is neither this host nor in cookies.origins.',
  },
  /**
   * The library cannot authenticate this kind of call (unknown transport, untraceable connection, redirecting strategy).
   * @client fix the app
   */
  unsupported_context: { status: 403, message: 'This kind of handler cannot be authenticated.' },
  /** The caller has no such live session; or there are no public keys. @client reload the list */
  not_found: { status: 404, message: 'There is no such thing.' },

  // Logging in
  /** Unknown login, wrong password or disabled account; the response does not say which. @client ask again */
  invalid_credentials: { status: 401, message: 'The login or the password is wrong.' },
  /** The login exists. @client log in, or choose another */
  login_taken: { status: 409, message: 'This login is taken.' },
  /** The budget of this login or address is spent; `Retry-After` in seconds. @client wait that long */
  too_many_attempts: { status: 429, message: 'Too many attempts. Try again later.' },
  /**
   * The app's `beforeAttempt` answered with `false`: a captcha was not solved, for example.
   * @client send the proof that the app asks for
   */
  attempt_refused: { status: 403, message: 'This attempt was refused. Send the proof that this app asks for.' },
  /**
   * With `sessions.whenFull: 'refuse'`: login and password are right, but the user already has `sessions.max` live
   * sessions.
   * @client ask the user to log out on another device, then log in again
   */
  too_many_sessions: { status: 409, message: 'You are logged in on too many devices. Log out on one of them first.' },

  /** The challenge token is used, expired or of another kind. @client log in again */
  invalid_challenge: { status: 401, message: 'This login can no longer be completed. Log in again.' },
  /** The answer to a challenge is wrong; the token allows five attempts in total. @client ask again */
  wrong_answer: { status: 401, message: 'The answer is wrong.' },

  // Passwords
  /** Shorter than `password.minLength`. @client choose another */
  password_too_short: { status: 400, message: 'The password is too short.' },
  /** Longer than `password.maxLength`. @client choose another */
  password_too_long: { status: 400, message: 'The password is too long.' },
  /** Contains NUL or half a surrogate pair. @client choose another */
  password_malformed: { status: 400, message: 'The password contains characters that cannot be typed.' },
  /** On the list of common passwords. @client choose another */
  password_too_common: { status: 400, message: 'The password is one of the most common ones.' },
  /** Equals the login, or its part before the `@`. @client choose another */
  password_is_login: { status: 400, message: 'The password repeats the login.' },
  /** A password change or a confirmation with the wrong password; the session continues. @client ask again */
  wrong_password: { status: 403, message: 'The current password is wrong.' },
  /** Another change came first. @client log in with the newer password */
  password_changed_meanwhile: { status: 409, message: 'The password was changed by somebody else meanwhile.' },

  /** The account was changed during the operation. @client begin again */
  account_changed_meanwhile: { status: 409, message: 'The account was changed by somebody else meanwhile.' },

  // Refreshing
  /** Not a refresh token of this app, or its session is no longer stored. @client log in */
  invalid_refresh_token: { status: 401, message: 'The refresh token is not valid.' },
  /** Sent again long after it was replaced; its session has ended now. @client log in; discard stored tokens */
  refresh_token_reused: { status: 401, message: 'The refresh token was used before; its session has ended.' },
  /** The session was ended. @client log in */
  session_revoked: { status: 401, message: 'The session has ended.' },
  /** Unused for longer than `ttl.refresh`. @client log in */
  session_expired: { status: 401, message: 'The session was not used for too long.' },
  /** Older than `ttl.session`. @client log in */
  session_lifetime_exceeded: { status: 401, message: 'The session has reached its absolute lifetime.' },
  /** The user of the session is gone. @client log in */
  user_not_found: { status: 401, message: 'The user of this session is gone.' },
  /** The user of the session is disabled. @client tell the user */
  user_disabled: { status: 401, message: 'The user of this session is disabled.' },

  // Availability
  /** The queue of password hashes is full; `Retry-After`. @client retry after it */
  overloaded: { status: 503, message: 'Too many logins at once. Try again shortly.' },
  /**
   * A store, the counters or `beforeAttempt` failed or were too slow, or a [resource server](../guides/resource-server.md) has no keys; `Retry-After`.
   * @client retry after it, and keep the tokens
   */
  store_unavailable: { status: 503, message: 'A store did not answer. Try again shortly.' },
  /**
   * A part of the app has a mistake: a store returned an invalid user, or threw a `TypeError`; a hasher threw;
   * `beforeAttempt` returned an invalid answer. Only the log contains the message.
   * @client fix the app
   */
  contract_broken: { status: 500, message: 'A part of the app broke its contract with the library.' },

  // Boot
  /**
   * Thrown at boot; later, if an access token would be too long, or `claims` or `profile` return something that no
   * client may see. Only the log contains the message.
   * @client fix the app
   */
  invalid_configuration: { status: 500, message: 'The configuration is not valid.' },
} as const satisfies Readonly<Record<string, ErrorCode>>;

/**
 * Every code that an `AuthError` can have. A feature adds its own.
 *
 * @example
 * ```ts
 * declare module '@acme/nest-auth' {
 *   interface AuthErrorCodes { pin_wrong: ErrorCode }
 * }
 * ```
 */
export interface AuthErrorCodes extends Record<keyof typeof CODES, ErrorCode> {}

export type AuthErrorCode = keyof AuthErrorCodes & string;

const TABLE = Symbol.for('acme/nest-auth:error-codes');

/** One table for the ESM and the CommonJS copy: an error of one may be answered by the other. */
const shared = globalThis as { [TABLE]?: Map<string, ErrorCode> };
shared[TABLE] ??= new Map();
const table: Map<string, ErrorCode> = shared[TABLE];
for (const [code, meaning] of Object.entries(CODES)) table.set(code, meaning);

/** Adds the codes of a feature. @throws RangeError if a code has another meaning already */
export function addErrorCodes(codes: Readonly<Record<string, ErrorCode>>): void {
  for (const [code, { status, message }] of Object.entries(codes)) {
    const known = table.get(code);
    if (known && (known.status !== status || known.message !== message))
      throw new RangeError(`The error code ${code} has another meaning already; choose another name.`);
    table.set(code, { status, message });
  }
}

/** @returns the meaning of a code; for an unknown code, that of `invalid_configuration` */
export function errorCode(code: string): ErrorCode {
  return table.get(code) ?? CODES.invalid_configuration;
}

/** All codes, for documents and tables. */
export function authErrorCodes(): readonly AuthErrorCode[] {
  return [...table.keys()] as AuthErrorCode[];
}
