/** What a storage keeps of a session in bearer mode. */
export interface StoredTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  /** When its user logged in, in milliseconds: no request is repeated with the tokens of another login. */
  readonly since?: number;
}

/** Where tokens are between requests: the app's choice, because a script that can read it can take them. */
export interface TokenStorage {
  get(): StoredTokens | null | undefined | Promise<StoredTokens | null | undefined>;
  /** `null` when the session is over. */
  set(tokens: StoredTokens | null): void | Promise<void>;
  /**
   * Whether all tabs of the origin have this storage: they refresh in turn, and hear of each other's logouts.
   * @default false
   */
  readonly shared?: boolean;
}

/** Forgets everything with the page. */
export function memoryStorage(): TokenStorage {
  let kept: StoredTokens | null = null;
  return {
    get: () => kept,
    set: (tokens) => {
      kept = tokens;
    },
  };
}
