import type { AuthUser } from '../../ports/user-store.js';
import type { Principal } from '../policy/principal.js';

/** The caller of a token that is not from the library. */
export interface FoundCaller {
  readonly caller: Principal;
  /** When the token ends, in milliseconds since the epoch. */
  readonly until: number;
}

export interface TokenHooks {
  /**
   * What access tokens of a user say, and `GET /auth/me` too. The app's own `claims` cannot replace it, and it cannot
   * replace the library's claims.
   */
  claims?(user: AuthUser): Readonly<Record<string, unknown>>;
  /**
   * The caller of an access token that is not from the library, such as one of an older system. Called for no other token.
   * An open connection is checked again without this call, until an access token of the library would expire or the
   * caller's session ends. The feature must write the end of a session to the session store.
   * @returns `undefined` for a token that is unknown here, too
   * @throws AuthError `token_expired`, `token_revoked`, `store_unavailable`
   */
  foreignCaller?(token: string): Promise<FoundCaller | undefined>;
}

/** What features say of a user. */
export function claimsOf(hooks: readonly TokenHooks[], user: AuthUser): Record<string, unknown> {
  return Object.assign({}, ...hooks.map((hook) => hook.claims?.(user)));
}
