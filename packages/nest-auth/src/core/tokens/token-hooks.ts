import type { AuthUser } from '../../ports/user-store.js';

export interface TokenHooks {
  /**
   * What access tokens of a user say, and `GET /auth/me` too. The app's own `claims` cannot replace it, and it cannot
   * replace the library's claims.
   */
  claims?(user: AuthUser): Readonly<Record<string, unknown>>;
}

/** What features say of a user. */
export function claimsOf(hooks: readonly TokenHooks[], user: AuthUser): Record<string, unknown> {
  return Object.assign({}, ...hooks.map((hook) => hook.claims?.(user)));
}
