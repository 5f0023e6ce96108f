import type { AuthUser } from '../../ports/user-store.js';

const ADDRESS = /^[^\s@]+@[^\s@]+$/;

/** Whether it has the shape of an e-mail address. Only a mail that arrives shows more. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/**
 * Where a user can be written to: the login if it is an e-mail address, otherwise the `email` of the app's own user.
 * @returns `null` if neither is an address
 */
export function addressOf(user: AuthUser): string | null {
  const { email } = user as { readonly email?: unknown };
  const found = [user.login, email].find((value) => typeof value === 'string' && isAddress(value));
  return (found as string | undefined) ?? null;
}
