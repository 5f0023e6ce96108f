import { AuthError, type CredentialRequest } from '@acme/nest-auth';
import { PREFIX } from '../key-text.js';

const BEARER_KEY = new RegExp(`^Bearer +(${PREFIX}.*)$`, 'is');

/** Whether a header of the request has a text that begins like a key. The URL and cookies are not read. */
export function hasKey({ headers }: CredentialRequest): boolean {
  return ownHeaderOf(headers).startsWith(PREFIX) || BEARER_KEY.test(authorizationOf(headers));
}

/**
 * The key that a request sends. It may be malformed.
 * @throws AuthError `invalid_request` if there is a bearer token, or another key, beside it
 */
export function sentKey({ headers }: CredentialRequest): string {
  const own = ownHeaderOf(headers);
  const authorization = authorizationOf(headers);
  if (!own.startsWith(PREFIX)) return BEARER_KEY.exec(authorization)?.[1] ?? '';
  if (!/^Bearer( |$)/i.test(authorization)) return own;
  throw new AuthError('invalid_request', {
    message: 'The request has credentials in Authorization and in X-API-Key; send one of them.',
  });
}

function ownHeaderOf(headers: CredentialRequest['headers']): string {
  return textOf(headers['x-api-key']);
}

function authorizationOf(headers: CredentialRequest['headers']): string {
  return textOf(headers.authorization);
}

/** A list is a header that was sent several times. */
function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.join(', ') ?? '');
}
