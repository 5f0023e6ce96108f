import { randomBytes } from 'node:crypto';

const NAMES = ['AUTH_ACCESS_SECRET', 'AUTH_REFRESH_SECRET'];

/**
 * Two new secrets, as lines of an `.env` file. The first line is empty: if the file's last line has no line end, the
 * first secret would become part of its value.
 */
export function secretLines(): string {
  return ['', ...NAMES.map((name) => `${name}=${randomBytes(32).toString('base64url')}`)].join('\n');
}
