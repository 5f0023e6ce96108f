import { ExtractJwt } from 'passport-jwt';
import { AuthError } from '../core/auth-error.js';
import type { AuthRequest } from '../core/auth-request.js';

const BEARER = /^Bearer +\S+$/i;
const readHeader: (request: never) => string | null = ExtractJwt.fromAuthHeaderAsBearerToken();
const SPACE = 32;

/**
 * The access token of the `Authorization` header; never of the URL (RFC 6750 §5.3).
 * @returns `null` when the request carries no bearer credentials, and what is no token when they are malformed
 */
export function accessTokenOf(request: AuthRequest): string | null {
  const { authorization } = request.headers;
  if (typeof authorization !== 'string') return null;
  // As nearly all clients spell it. What follows is a token only if it verifies, whatever characters it has.
  if (authorization.startsWith('Bearer ') && authorization.charCodeAt(7) > SPACE) return authorization.slice(7);
  // Asked first, because passport-jwt's own expression takes quadratic time on a long header without a space.
  if (BEARER.test(authorization)) return readHeader(request as never);
  return /^Bearer( |$)/i.test(authorization) ? '' : null;
}

/** Nobody called, and why it looks like that. The header's value may be a token: it is not repeated. */
export function missingToken({ headers }: AuthRequest): AuthError {
  const { authorization } = headers;
  if (typeof authorization !== 'string' || authorization === '') return new AuthError('missing_token');
  return new AuthError('missing_token', {
    message: 'The Authorization header does not begin with "Bearer "; write it before the access token.',
  });
}
