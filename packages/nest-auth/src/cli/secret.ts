import { randomBytes } from 'node:crypto';

const NAMES = ['AUTH_ACCESS_SECRET', 'AUTH_REFRESH_SECRET'];

/**
 * A new secret for each of the two, as lines of an `.env` file. The first line is empty: what they are appended to may
 * not end with a line end, and then the first secret would be lost in its last value.
 */
export function secretLines(): string {
  return ['', ...NAMES.map((name) => `${name}=${randomBytes(32).toString('base64url')}`)].join('\n');
}
