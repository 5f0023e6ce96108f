import { memoryStorage, type StoredTokens, type TokenStorage } from './token-storage.js';
import type { Transport } from './transport.js';

/**
 * Tokens in a storage, for servers and for apps without cookies.
 * @param storage in memory by default; it is read anew each time, because other tabs and processes may write to it
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
      if (typeof access_token !== 'string' || typeof refresh_token !== 'string') return undefined;
      if (await isPresent(seen)) {
        await storage.set({ access_token, refresh_token, since: seen ? seen.since : Date.now() });
      }
      return { expires_in };
    },
    drop: async (seen) => {
      const ends = await isPresent(seen);
      if (ends) await storage.set(null);
      return ends;
    },
  };

  /** Without a lock, a login or a logout of another tab may have come first. */
  async function isPresent(seen: StoredTokens | null | undefined): Promise<boolean> {
    return !seen || (await storage.get())?.refresh_token === seen.refresh_token;
  }
}
