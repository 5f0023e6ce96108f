import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** What one request for a link is made of. */
export interface MagicLinkSecrets {
  /** For the link: it goes into the mail alone. */
  readonly token: string;
  /** For the client that asks. It follows from the token, and no token follows from it. */
  readonly requestToken: string;
  /** For the mail: six digits. */
  readonly code: string;
}

export function newSecrets(): MagicLinkSecrets {
  const token = randomBytes(32).toString('base64url');
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  return { token, requestToken: requestTokenOf(token), code };
}

/** The store needs no entry for the token: nobody else can bring what the request token was made from. */
export function requestTokenOf(token: string): string {
  return createHash('sha256').update(`magic-link\0${token}`).digest('base64url');
}

/** In a time that does not depend on where they differ. */
export function areEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
