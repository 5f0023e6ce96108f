import type { AuthUser } from '../../ports/user-store.js';
import type { Device } from '../auth-event.js';
import type { LiveSession } from './live-session.js';

/** Which sessions of a user end: one of them, or all but one. */
export type EndingSessions = { readonly sessionId: string } | { readonly exceptId: string | undefined };

/** The first use of a refresh token that the library did not issue. */
export interface Exchanged {
  readonly userId: string;
  /** The session that it began. `undefined` if that use was a logout. */
  readonly sessionId: string | undefined;
  /** The time of that use, in milliseconds since the epoch. */
  readonly at: number;
}

/** What a feature does with a refresh token that it knows. */
export interface Exchange {
  /**
   * Begins the session of a token. Its login does not count as recent. All uses of the token within `ttl.grace` get the
   * same session. A later use ends it, because one of the two may have been a thief's.
   * @param claim is given the session before it is stored, and again if it is stored under another id. It records that
   * the token is used. If the token was used before, it records nothing and returns that first use
   * @throws AuthError `refresh_token_reused`, `session_revoked`; `invalid_refresh_token` after a logout with the token;
   * `store_unavailable` if the first use has not stored its session after two seconds
   */
  begin(user: AuthUser, claim: (session: LiveSession) => Promise<Exchanged | null>): Promise<LiveSession>;
}

/** A feature's hooks for sessions of an older system, which have no rows. */
export interface SessionHooks {
  /**
   * Exchanges a refresh token that the library did not issue. Not called for the library's own tokens.
   * @returns `undefined` if the feature does not know the token either
   * @throws AuthError `invalid_refresh_token`, `store_unavailable`, and as `Exchange.begin`
   */
  foreignRefresh?(token: string, device: Device, exchange: Exchange): Promise<LiveSession | undefined>;
  /**
   * Invalidates a refresh token that the library did not issue, at a logout.
   * @returns its first use, if there was one; the session that this use began ends, too
   */
  foreignLogout?(token: string): Promise<Exchanged | null>;
  /**
   * Called before sessions of a user end, and awaited: a throw refuses the logout.
   * @returns whether a session without a row ended
   */
  beforeEnding?(userId: string, ending: EndingSessions): Promise<boolean>;
}
