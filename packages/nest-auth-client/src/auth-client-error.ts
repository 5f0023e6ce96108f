/** The details of a failure. */
export interface AuthClientErrorDetails {
  /** The server's code; `no_answer` if the server or storage failed; `unexpected_answer` if it is not the library's. */
  readonly code: string;
  /** The HTTP status; 0 without an answer. */
  readonly status: number;
  /** The invalid member of the body. */
  readonly field?: string | undefined;
  /** Seconds. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/**
 * A refusal of the server, or a failure on the way to it. It repeats nothing that was sent.
 *
 * @example
 * ```ts
 * const isThrottled = error instanceof AuthClientError && error.code === 'too_many_attempts';
 * ```
 */
export class AuthClientError extends Error implements AuthClientErrorDetails {
  declare readonly code: string;
  declare readonly status: number;
  declare readonly field: string | undefined;
  declare readonly retryAfter: number | undefined;

  constructor(message: string, details: AuthClientErrorDetails) {
    super(message, details);
    Object.assign(this, details, { name: 'AuthClientError' });
  }
}
