import { ExtractJwt } from 'passport-jwt';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';

const BEARER = /^Bearer +\S+$/i;
const readHeader: (request: never) => string | null = ExtractJwt.fromAuthHeaderAsBearerToken();
const SPACE = 32;

/**
 * The access token of the `Authorization` header; never of the URL (RFC 6750 §5.3).
 * @returns `null` without bearer credentials, and an invalid token if they are malformed
 */
export function bearerTokenOf(request: AuthRequest): string | null {
  const { authorization } = request.headers;
  if (typeof authorization !== 'string') return null;
  // The spelling of nearly all clients. Verification decides whether the rest is a token, so no character is checked.
  if (authorization.startsWith('Bearer ') && authorization.charCodeAt(7) > SPACE) return authorization.slice(7);
  // Tested first, because passport-jwt's own expression takes quadratic time on a long header without a space.
  if (BEARER.test(authorization)) return readHeader(request as never);
  return /^Bearer( |$)/i.test(authorization) ? '' : null;
}

/** `missing_token`, with a hint at the reason. The header's value may be a token, so it is not repeated. */
export function missingToken({ headers }: AuthRequest): AuthError {
  const { authorization } = headers;
  if (typeof authorization !== 'string' || authorization === '') return new AuthError('missing_token');
  if (/^Bearer /i.test(authorization)) {
    return new AuthError('missing_token', { message: 'This app takes access tokens by cookie, not by header.' });
  }
  return new AuthError('missing_token', {
    message: 'The Authorization header does not begin with "Bearer "; write it before the access token.',
  });
}
