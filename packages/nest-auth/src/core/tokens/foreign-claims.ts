import { AuthError } from '../errors/auth-error.js';
import type { Permission, Role } from '../policy/principal.js';

/** What another issuer's token says about a caller, in the library's own terms. */
export interface ForeignCaller {
  /** @default none */
  readonly roles?: readonly Role[] | undefined;
  /** @default none */
  readonly permissions?: readonly Permission[] | undefined;
}

/** Reads the claims of another issuer's access token. Returning `null` refuses the token. */
export type ReadCaller = (claims: Readonly<Record<string, unknown>>) => ForeignCaller | null | undefined;

/**
 * Translates the claims of another issuer's token. Its signature, issuer, audience and times are checked like those of
 * the library's own tokens.
 * @throws AuthError `invalid_token` for a token that the app does not accept
 */
export function ownClaimsOf(claims: Readonly<Record<string, unknown>>, read: ReadCaller): Record<string, unknown> {
  const caller = read(claims);
  if (typeof caller !== 'object' || caller === null) throw new AuthError('invalid_token');
  const { roles = [], permissions = [] } = caller;
  const { sub, sid = claims.jti ?? sub, jti = sid } = claims;
  return { ...claims, sid, jti, roles: frozen(roles), permissions: frozen(permissions) };
}

/**
 * Leaves anything but a list unchanged, so that the check of the claims refuses it. Spreading a string would split it
 * into letters.
 */
function frozen(names: unknown): unknown {
  return Array.isArray(names) ? Object.freeze([...names]) : names;
}
