/** A successful answer (RFC 6749 §5.1). */
export interface Tokens {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds until the access token expires. */
  readonly expires_in: number;
  readonly refresh_token: string;
}

/** Instead of tokens: a feature wants one more thing before it lets the user in. */
export interface Challenge {
  /** The feature that asks. */
  readonly challenge: string;
  readonly challenge_token: string;
  /** Seconds until the challenge expires. */
  readonly expires_in: number;
}

/** Tell them apart by `'access_token' in answer`. */
export type LoginAnswer = Tokens | Challenge;
