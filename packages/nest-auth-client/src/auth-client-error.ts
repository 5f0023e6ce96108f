/** What is known of a failure beside its message. */
export interface AuthClientErrorDetails {
  /** The server's; `no_answer` if it did not answer, or the storage did not; `unexpected_answer` for an answer of others. */
  readonly code: string;
  /** Of HTTP; 0 without an answer. */
  readonly status: number;
  /** The member of the body that is at fault. */
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
