import type { SessionRecord, SessionStore } from '../../ports/session-store.js';
import type { AuthUser } from '../../ports/user-store.js';
import { AuthError } from '../errors/auth-error.js';
import { MAX_METHODS } from '../login-details.js';
import type { Clock } from '../time.js';
import { type ConfirmedSession, confirmedSession, lives } from './live-session.js';

/** How often a confirmation that lost to a concurrent one is repeated. More concurrent confirmations are an attack. */
const TURNS = 5;

/** Moves the time of a session's login to now, once its user has proved again who they are. */
export class Reauthentication {
  constructor(private readonly options: { readonly store: SessionStore; readonly clock: Clock }) {}

  /** See `SessionService.reauthenticate`. */
  async reauthenticate(user: AuthUser, sessionId: string, proved: readonly string[]): Promise<ConfirmedSession> {
    const { store, clock } = this.options;
    for (let turn = 0; turn < TURNS; turn++) {
      const session = await store.find(sessionId);
      const now = new Date(clock());
      if (session?.userId !== user.id || !lives(session, now.getTime())) throw new AuthError('token_revoked');
      const confirmed = { ...session, ...after(session, proved, now) };
      const { authenticatedAt: at, methods } = confirmed;
      if (await store.reauthenticate(sessionId, { at, methods, now })) return confirmedSession(user, confirmed);
      // The session has ended meanwhile, or another confirmation won: look again.
    }
    throw new AuthError('store_unavailable', { retryAfter: 1 });
  }
}

/**
 * The time never moves back, because the clock of another process may be ahead. If there are too many methods, the
 * oldest are dropped.
 */
function after({ methods, authenticatedAt }: SessionRecord, proved: readonly string[], now: Date) {
  return {
    authenticatedAt: authenticatedAt > now ? authenticatedAt : now,
    methods: [...new Set([...methods.filter((method) => !proved.includes(method)), ...proved])].slice(-MAX_METHODS),
  };
}
