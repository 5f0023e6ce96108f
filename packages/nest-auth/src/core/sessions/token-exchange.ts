import type { AuthUser } from '../../ports/user-store.js';
import { AuthError } from '../errors/auth-error.js';
import type { LiveSession } from './live-session.js';
import type { Exchange, Exchanged } from './session-hooks.js';

/** The exchange of one refresh token that the library did not issue. */
export class TokenExchange implements Exchange {
  /**
   * @param start stores a session, unless `prepare` rejects
   * @param repeat answers a further use of the token
   */
  constructor(
    private readonly start: (user: AuthUser, prepare: (session: LiveSession) => Promise<void>) => Promise<LiveSession>,
    private readonly repeat: (first: Exchanged) => Promise<LiveSession>,
  ) {}

  async begin(user: AuthUser, claim: (session: LiveSession) => Promise<Exchanged | null>): Promise<LiveSession> {
    const seen: { first?: Exchanged } = {};
    try {
      return await this.start(user, async (session) => {
        const first = await claim(session);
        if (!first) return;
        seen.first = first;
        throw new AuthError('invalid_refresh_token');
      });
    } catch (error) {
      if (seen.first) return this.repeat(seen.first);
      throw error;
    }
  }
}
