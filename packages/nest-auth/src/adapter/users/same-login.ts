import { normaliseLogin } from '@acme/nest-auth';

/** Whether a stored login is the requested one. Collations treat `josé`, `jose` and `jose ` as equal. */
export function isSameLogin(stored: unknown, asked: string): boolean {
  return stored === asked || (typeof stored === 'string' && normalised(stored) === asked);
}

/** Whether a login is in the form in which the library stores and looks up logins. */
export function isNormalised(login: string): boolean {
  return normalised(login) === login;
}

/** The normalised form of a login; undefined for a text that cannot be a login. */
export function normalised(login: string): string | undefined {
  try {
    return normaliseLogin(login);
  } catch {
    return undefined;
  }
}
