import { AuthError, readStrings } from '@acme/nest-auth';

/** What the user received by mail: the token of the link, or the code. */
export type MagicLinkProof = { readonly token: string } | { readonly code: string };

/** @throws AuthError `invalid_request` unless it is either a token or a code of six digits */
export function readProof(given: unknown): MagicLinkProof {
  const [token, code] = [readOptional(given, 'token'), readOptional(given, 'code')];
  if (token !== undefined && code === undefined) return { token };
  if (token === undefined && code !== undefined) return { code: sixDigits(code) };
  throw new AuthError('invalid_request', { message: 'Send a token or a code, one of them.' });
}

/** @throws AuthError `invalid_request` unless the field is missing or a non-empty string */
export function readOptional(body: unknown, name: string): string | undefined {
  readStrings(body, []);
  return Object.hasOwn(body as object, name) ? readStrings(body, [name])[0] : undefined;
}

/** Accepts a code as people type it. A malformed code does not count as a guess. */
function sixDigits(code: string): string {
  const digits = code.replace(/[\s-]/g, '');
  if (/^\d{6}$/.test(digits)) return digits;
  throw new AuthError('invalid_request', { message: 'code must have six digits.', field: 'code' });
}
