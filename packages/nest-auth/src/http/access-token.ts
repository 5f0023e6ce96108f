import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import { token } from '../core/token.js';
import { bearerTokenOf } from './bearer-token.js';
import { cookieOf } from './cookie-header.js';
import type { CrossSiteCheck } from './cross-site.js';

/** How tokens travel. `both`: each client chooses. */
export type TokenTransport = 'bearer' | 'cookie' | 'both';

/**
 * Finds the access token of a request.
 * @returns `null` without credentials, and an invalid token if they are malformed
 * @throws AuthError `cross_site_request`; `invalid_request` for credentials of both kinds (RFC 6750 §2)
 */
export type AccessTokenReader = (request: AuthRequest) => string | null;
export const AccessTokenReader = token<AccessTokenReader>('AccessTokenReader');

const byCookie = new WeakSet<AuthRequest>();

/** Whether the access token of a request was read from its cookie. */
export function cameByCookie(request: AuthRequest): boolean {
  return byCookie.has(request);
}

/** @param name of the cookie with the access token */
export function accessTokenReader(transport: TokenTransport, name: string, check: CrossSiteCheck): AccessTokenReader {
  if (transport === 'bearer') return bearerTokenOf;
  const readCookie: AccessTokenReader = (request) => {
    const found = cookieOf(request, name);
    if (found === undefined) return null;
    check.assertSameSite(request);
    byCookie.add(request);
    return found;
  };
  if (transport === 'cookie') return readCookie;
  return (request) => {
    const bearer = bearerTokenOf(request);
    if (bearer === null) return readCookie(request);
    if (cookieOf(request, name) !== undefined) throw twoKinds();
    return bearer;
  };
}

/** Refuses another credential beside the cookie of an access token. @throws AuthError `invalid_request` */
export type CookieRefusal = (request: AuthRequest) => void;
export const CookieRefusal = token<CookieRefusal>('CookieRefusal');

/** @param name of the cookie with the access token */
export function cookieRefusal(transport: TokenTransport, name: string): CookieRefusal {
  return (request) => {
    if (transport !== 'bearer' && cookieOf(request, name) !== undefined) throw twoKinds('another credential');
  };
}

/** A client that sends both may mean two different users. */
export function twoKinds(other = 'a bearer token'): AuthError {
  return new AuthError('invalid_request', {
    message: `The request has ${other} and a cookie of this app; send one of them.`,
  });
}
