import { AuthError } from '../errors/auth-error.js';
import type { Permission, Role } from '../policy/principal.js';

/** What an issuer that is not this library says of a caller, in the words of this library. */
export interface ForeignCaller {
  /** @default none */
  readonly roles?: readonly Role[] | undefined;
  /** @default none */
  readonly permissions?: readonly Permission[] | undefined;
}

/** Reads the claims of an access token that is not of this library. `null` refuses the token. */
export type ReadCaller = (claims: Readonly<Record<string, unknown>>) => ForeignCaller | null | undefined;

/**
 * The claims of another issuer's token as those of ours. Its signature, issuer, audience and times are checked as ours
 * are.
 * @throws AuthError `invalid_token` for a token that the app does not accept
 */
export function ownClaimsOf(claims: Readonly<Record<string, unknown>>, read: ReadCaller): Record<string, unknown> {
  const caller = read(claims);
  if (typeof caller !== 'object' || caller === null) throw new AuthError('invalid_token');
  const { roles = [], permissions = [] } = caller;
  const { sub, sid = claims.jti ?? sub, jti = sid } = claims;
  return { ...claims, sid, jti, roles: frozen(roles), permissions: frozen(permissions) };
}

/** Anything but a list is left for the check of the claims to refuse: a text would fall apart into letters. */
function frozen(names: unknown): unknown {
  return Array.isArray(names) ? Object.freeze([...names]) : names;
}
