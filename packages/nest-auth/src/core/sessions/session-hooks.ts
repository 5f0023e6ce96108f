import type { AuthUser } from '../../ports/user-store.js';
import type { Device } from '../auth-event.js';
import type { LiveSession } from './live-session.js';

/** Which sessions of a user end: one of them, or all but one. */
export type EndingSessions = { readonly sessionId: string } | { readonly exceptId: string | undefined };

/** The first use of a refresh token that the library did not issue. */
export interface Exchanged {
  readonly userId: string;
  /** The session that it began. `undefined` if that use was a logout, or if the session does not exist yet. */
  readonly sessionId: string | undefined;
  /** The time of that use, in milliseconds since the epoch. */
  readonly at: number;
}

/** What a feature does with a refresh token that it knows. */
export interface Exchange {
  /**
   * Begins a session. Its login does not count as recent.
   * @param prepare is given the session before it is stored, and again if it was stored under another id
   */
  start(user: AuthUser, prepare?: (session: LiveSession) => Promise<unknown>): Promise<LiveSession>;
  /**
   * Refuses a token that was exchanged before. After `ttl.grace`, the session that it began ends: either use may have
   * been a thief's.
   * @throws AuthError `invalid_refresh_token` within the grace; `refresh_token_reused`, `session_revoked`
   */
  refuseReuse(exchanged: Exchanged): Promise<never>;
}

/** A feature's hooks for sessions of an older system, which have no rows. */
export interface SessionHooks {
  /**
   * Exchanges a refresh token that is not from the library. Called for no other token.
   * @returns `undefined` for a token that is unknown here, too
   * @throws AuthError `invalid_refresh_token`, `store_unavailable`, and as `refuseReuse`
   */
  foreignRefresh?(token: string, device: Device, exchange: Exchange): Promise<LiveSession | undefined>;
  /**
   * Invalidates such a refresh token at a logout.
   * @returns its first use, if there was one; the session that it began ends, too
   */
  foreignLogout?(token: string): Promise<Exchanged | null>;
  /**
   * Called before sessions of a user end, and awaited: a throw refuses the logout.
   * @returns whether something ended that has no row
   */
  beforeEnding?(userId: string, ending: EndingSessions): Promise<boolean>;
}
