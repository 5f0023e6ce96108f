import type { AuthUser } from '../../ports/user-store.js';
import type { Principal } from '../policy/principal.js';

/** The caller of a token that the library did not issue. */
export interface FoundCaller {
  readonly caller: Principal;
  /** When the token ends, in milliseconds since the epoch. */
  readonly until: number;
}

export interface TokenHooks {
  /**
   * Claims for a user's access tokens and for `GET /auth/me`. The app's own `claims` cannot replace them, and they
   * cannot replace the library's claims.
   */
  claims?(user: AuthUser): Readonly<Record<string, unknown>>;
  /**
   * Finds the caller of an access token that the library did not issue, such as a token of an older system. Not called
   * for the library's own tokens. An open connection is checked again without this call, until an access token of the
   * library would expire or the caller's session ends. The feature must write the end of a session to the session
   * store.
   * @returns `undefined` if the feature does not know the token either
   * @throws AuthError `token_expired`, `token_revoked`, `store_unavailable`
   */
  foreignCaller?(token: string): Promise<FoundCaller | undefined>;
}

/** The claims that features add for a user. */
export function claimsOf(hooks: readonly TokenHooks[], user: AuthUser): Record<string, unknown> {
  return Object.assign({}, ...hooks.map((hook) => hook.claims?.(user)));
}
