import type { AuthUser } from '../../ports/user-store.js';

/**
 * Excludes special characters: a mailer would send `x,ann@example.org` and `x<ann@example.org>` to Ann (RFC 5322
 * §3.2.3).
 */
const ADDRESS = /^[^\s@"(),:;<>[\\\]]+@[^\s@"(),:;<>[\\\]]+$/;
/** The start of an encoded word. Some mailers decode it, and it may hide another address (RFC 2047 §2). */
const ENCODED_WORD = '=?';

/** Whether the text has the form of one e-mail address. Only a mail that arrives proves that the address exists. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text) && !text.includes(ENCODED_WORD);
}

/**
 * The e-mail address of a user: the login if it is an address, otherwise the `email` of the app's own user.
 * @returns `null` if neither is an address
 */
export function addressOf(user: AuthUser): string | null {
  const { email } = user as { readonly email?: unknown };
  const found = [user.login, email].find((value) => typeof value === 'string' && isAddress(value));
  return (found as string | undefined) ?? null;
}
