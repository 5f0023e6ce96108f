import type { Transport } from './transport.js';

/** What a storage keeps of a session in bearer mode. */
export interface StoredTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  /** When its user logged in, in milliseconds: no request is repeated with the tokens of another login. */
  readonly since?: number;
}

/** Keeps tokens between requests. The app chooses the place, because a script that can read it can steal them. */
export interface TokenStorage {
  get(): StoredTokens | null | undefined | Promise<StoredTokens | null | undefined>;
  /** `null` when the session is over. */
  set(tokens: StoredTokens | null): void | Promise<void>;
  /**
   * Whether all tabs of the origin share this storage. Then they refresh in turn, and learn of each other's logouts.
   * @default false
   */
  readonly shared?: boolean;
}

/**
 * Tokens in a storage, for servers and for apps without cookies.
 * @param storage in memory by default; it is read each time, because other tabs and processes may write to it
 *
 * @example
 * ```ts
 * const auth = createAuthClient({ url: 'https://api.example.org/auth', transport: bearer() });
 * ```
 */
export function bearer(storage: TokenStorage = memoryStorage()): Transport<StoredTokens | null | undefined> {
  return {
    shared: storage.shared === true,
    seen: () => storage.get(),
    dress: ({ headers }, seen) => {
      if (seen && !headers.has('authorization')) headers.set('authorization', `Bearer ${seen.access_token}`);
    },
    proof: (seen) => ({ refresh_token: seen?.refresh_token }),
    repeatable: async (seen) => {
      const now = await storage.get();
      if (!now || !seen) return false;
      return now.access_token === seen.access_token ? undefined : now.since === seen.since;
    },
    keep: async ({ access_token, refresh_token, expires_in }, seen) => {
      const now = seen && (await storage.get());
      // A confirmation has no refresh token: the present one stays, even if a refresh came first.
      const next = refresh_token ?? now?.refresh_token;
      if (typeof access_token !== 'string' || typeof next !== 'string') return undefined;
      // Without a lock, a login or a logout of another tab may have come first.
      const isSame = refresh_token ? now?.refresh_token === seen?.refresh_token : now?.since === seen?.since;
      if (!seen || isSame) {
        await storage.set({ access_token, refresh_token: next, since: seen ? seen.since : Date.now() });
      }
      return { expires_in };
    },
    drop: async (seen) => {
      const ends = !seen || (await storage.get())?.refresh_token === seen.refresh_token;
      if (ends) await storage.set(null);
      return ends;
    },
  };
}

/** Its tokens are lost with the page. */
function memoryStorage(): TokenStorage {
  let kept: StoredTokens | null = null;
  return {
    get: () => kept,
    set: (tokens) => {
      kept = tokens;
    },
  };
}
