import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';

/**
 * What browsers put between two cookies. `trim` would also strip what is part of a name to them, and they protect the
 * prefix `__Host-` only at the very start of a name.
 */
const BLANKS = /^[ \t]+/;

/**
 * The value of a cookie of the request.
 * @returns `undefined` without one
 * @throws AuthError `invalid_request` for two of one name: a sibling domain may have planted one, and nothing says which
 */
export function cookieOf({ headers: { cookie } }: AuthRequest, name: string): string | undefined {
  if (typeof cookie !== 'string') return undefined;
  const start = `${name}=`;
  const pairs = cookie.split(';').map((pair) => pair.replace(BLANKS, ''));
  const found = pairs.filter((pair) => pair.startsWith(start));
  if (found.length > 1) throw new AuthError('invalid_request', { message: `Two cookies are named ${name}.` });
  return found[0]?.slice(start.length).trimEnd();
}
