import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';

/**
 * The value of a cookie of the request.
 * @returns `undefined` if it is missing
 * @throws AuthError `invalid_request` if two cookies have this name: a sibling domain may have planted one of them
 */
export function cookieOf({ headers: { cookie } }: AuthRequest, name: string): string | undefined {
  if (typeof cookie !== 'string') return undefined;
  const start = `${name}=`;
  let found: string | undefined;
  // Not `split`: it would make strings of all the other cookies, for each request.
  for (let at = cookie.indexOf(start); at >= 0; at = cookie.indexOf(start, at + start.length)) {
    if (!beginsPair(cookie, at)) continue;
    if (found !== undefined) throw new AuthError('invalid_request', { message: `Two cookies are named ${name}.` });
    const end = cookie.indexOf(';', at);
    found = cookie.slice(at + start.length, end < 0 ? undefined : end).trimEnd();
  }
  return found;
}

/**
 * Whether a cookie's name begins here; otherwise this is the end of a longer name. Only spaces and tabs may precede
 * it: browsers treat other whitespace as part of the name, and protect `__Host-` only at the very start of a name.
 */
function beginsPair(cookie: string, at: number): boolean {
  let before = at - 1;
  while (cookie[before] === ' ' || cookie[before] === '\t') before--;
  return before < 0 || cookie[before] === ';';
}
