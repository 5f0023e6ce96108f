import type { AuthUser } from '../../ports/user-store.js';

const ADDRESS = /^[^\s@]+@[^\s@]+$/;

/**
 * Where a user can be written to: the login if it is an e-mail address, otherwise the `email` of the app's own user.
 * @returns `null` if neither is an address
 */
export function addressOf(user: AuthUser): string | null {
  const { email } = user as { readonly email?: unknown };
  const found = [user.login, email].find((value) => typeof value === 'string' && ADDRESS.test(value));
  return (found as string | undefined) ?? null;
}
