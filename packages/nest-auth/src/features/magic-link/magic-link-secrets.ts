import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** The secrets of one request for a link. */
export interface MagicLinkSecrets {
  /** For the link. Only the mail contains it. */
  readonly token: string;
  /** For the client that asks. It is computed from the token, but it does not reveal the token. */
  readonly requestToken: string;
  /** For the mail: six digits. */
  readonly code: string;
}

export function newSecrets(): MagicLinkSecrets {
  const token = randomBytes(32).toString('base64url');
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  return { token, requestToken: requestTokenOf(token), code };
}

/** The store needs no entry for the token: only the mail's reader can send the token behind a request token. */
export function requestTokenOf(token: string): string {
  return createHash('sha256').update(`magic-link\0${token}`).digest('base64url');
}

/** Compares in constant time. */
export function areEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
