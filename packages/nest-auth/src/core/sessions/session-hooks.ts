import type { AuthUser } from '../../ports/user-store.js';
import type { Device } from '../auth-event.js';
import type { LiveSession } from './live-session.js';

/** Which sessions of a user end: one of them, or all but one. */
export type EndingSessions = { readonly sessionId: string } | { readonly exceptId: string | undefined };

/** A feature's hooks for sessions of an older system, which have no rows. */
export interface SessionHooks {
  /**
   * Exchanges a refresh token that is not from the library. Called for no other token.
   * @param start begins the session. Its login does not count as recent
   * @returns `undefined` for a token that is unknown here, too
   * @throws AuthError `invalid_refresh_token`, `store_unavailable`
   */
  foreignRefresh?(
    token: string,
    device: Device,
    start: (user: AuthUser) => Promise<LiveSession>,
  ): Promise<LiveSession | undefined>;
  /** Invalidates such a refresh token at a logout. */
  foreignLogout?(token: string): Promise<void>;
  /**
   * Called before sessions of a user end, and awaited: a throw refuses the logout.
   * @returns whether something ended that has no row
   */
  beforeEnding?(userId: string, ending: EndingSessions): Promise<boolean>;
}
