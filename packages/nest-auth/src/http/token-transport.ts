import { ExtractJwt } from 'passport-jwt';
import { AuthError } from '../core/auth-error.js';
import type { Device } from '../core/auth-event.js';
import { rememberCall } from '../core/call.js';
import { bareAddress } from '../core/client-address.js';
import { ConnectedClient } from './connected-client.js';

/** What Express and Fastify requests have in common, and all that the library reads of one. */
export interface AuthRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The peer's address as the framework sees it: only its own trusted-proxy setting decides whether a header counts. */
  readonly ip?: string | undefined;
  readonly body?: unknown;
  user?: unknown;
  authInfo?: unknown;
}

const BEARER = /^Bearer +\S+$/i;
const readHeader: (request: never) => string | null = ExtractJwt.fromAuthHeaderAsBearerToken();
const SPACE = 32;
const MAX_USER_AGENT = 256;

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

/** Where the request came from, safe to log: no control characters, no unbounded header. */
export function deviceOf(request: AuthRequest): Device {
  const userAgent = request.headers['user-agent'];
  const device: Device = {
    ip: request.ip === undefined ? null : printable(bareAddress(request.ip)),
    userAgent: typeof userAgent === 'string' ? printable(userAgent.slice(0, MAX_USER_AGENT)) : null,
  };
  rememberCall(device, { request, client: new ConnectedClient(request) });
  return device;
}

function printable(text: string): string {
  return text.replace(/\p{C}/gu, '�');
}
