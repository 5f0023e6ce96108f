import type { AuthError } from '../core/errors/auth-error.js';
import type { AuthErrorCode } from '../core/errors/error-codes.js';

/** RFC 6750 §3: a request without an access token gets a challenge that names no error. */
const WITHOUT_ERROR: readonly AuthErrorCode[] = [
  'missing_token',
  'invalid_credentials',
  'invalid_challenge',
  'wrong_answer',
];

/** The value of `WWW-Authenticate` (RFC 6750 §3, RFC 9470 §3). */
export function challengeOf({ code, message, maxAge }: AuthError, realm?: string): string {
  const parameters = realm === undefined ? [] : [`realm=${quoted(realm)}`];
  if (code === 'insufficient_user_authentication') {
    parameters.push(`error="${code}"`, `error_description=${quoted(message)}`);
    if (maxAge !== undefined) parameters.push(`max_age="${maxAge}"`);
  } else if (!WITHOUT_ERROR.includes(code)) {
    parameters.push(`error="${code === 'insufficient_scope' ? code : 'invalid_token'}"`);
  }
  return ['Bearer', parameters.join(', ')].filter((part) => part !== '').join(' ');
}

/** A quoted-string (RFC 9110 §5.6.4): characters that could end the string or the header field are removed. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]|[^\x20-\x7e]/g, '')}"`;
}
