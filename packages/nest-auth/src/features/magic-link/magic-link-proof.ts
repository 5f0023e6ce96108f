import { AuthError, readStrings } from '@acme/nest-auth';

/** What a mail brought: the token of its link, or its code. */
export type MagicLinkProof = { readonly token: string } | { readonly code: string };

/** @throws AuthError `invalid_request` unless it is one of the two, and a code has six digits */
export function readProof(given: unknown): MagicLinkProof {
  const [token, code] = [readOptional(given, 'token'), readOptional(given, 'code')];
  if (token !== undefined && code === undefined) return { token };
  if (token === undefined && code !== undefined) return { code: sixDigits(code) };
  throw new AuthError('invalid_request', { message: 'Send a token or a code, one of them.' });
}

/** @throws AuthError `invalid_request` unless it is a string that is not empty, or not there */
export function readOptional(body: unknown, name: string): string | undefined {
  readStrings(body, []);
  return Object.hasOwn(body as object, name) ? readStrings(body, [name])[0] : undefined;
}

/** As people type it. What cannot be a code is no guess. */
function sixDigits(code: string): string {
  const digits = code.replace(/[\s-]/g, '');
  if (/^\d{6}$/.test(digits)) return digits;
  throw new AuthError('invalid_request', { message: 'code must have six digits.', field: 'code' });
}
