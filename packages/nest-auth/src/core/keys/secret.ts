import { hkdfSync, type KeyObject } from 'node:crypto';

/** What a key is for. Each purpose has a key of its own, so that a token of one kind is never valid as another. */
export type KeyPurpose = 'refresh' | 'exchange' | 'one-time' | 'attempt-limit' | 'kid';

/** Derives 32 bytes for one purpose from a secret (HKDF-SHA-256, RFC 5869). */
export function deriveKey(secret: string | KeyObject, purpose: KeyPurpose): Buffer {
  const input = typeof secret === 'string' ? secret : secret.export();
  return Buffer.from(hkdfSync('sha256', input, '', `acme/nest-auth:${purpose}`, 32));
}

/** Phrases of documentation and tutorials that end up in production, and placeholders people forget to replace. */
const WELL_KNOWN =
  /your[-_ ]?(\d+[-_ ]?bit|jwt|access|refresh|super)?[-_ ]?secret|at[-_ ]least[-_ ]\d+[-_ ]bits|change[-_ ]?(me|this|it)|do[-_ ]not[-_ ]use|(super|my|top|jwt)[-_ ]?secret|keyboard[-_ ]?cat|placeholder/i;

/**
 * What is wrong with a symmetric secret, or `undefined`. The answer never contains the secret.
 * @param minimumBytes the size of the hash that uses it (RFC 7518 §3.2)
 */
export function weakness(secret: string | KeyObject, minimumBytes: number): string | undefined {
  if (typeof secret !== 'string') {
    if (secret.type !== 'secret') return `is a ${secret.type} key, not a secret; give { alg, privateKey }`;
    return (secret.symmetricKeySize ?? 0) < minimumBytes ? tooShort(minimumBytes) : undefined;
  }
  if (secret === '') return `is empty (is the environment variable set?); ${remedy(minimumBytes)}`;
  // A public key is not secret: anyone who has it could sign (RFC 8725 §2.1).
  if (secret.includes('-----BEGIN '))
    return `is a key in PEM format, which needs its alg; else ${remedy(minimumBytes)}`;
  if (Buffer.byteLength(secret) < minimumBytes) return tooShort(minimumBytes);
  if (new Set(secret).size < 10) return `has fewer than 10 different characters; ${remedy(minimumBytes)}`;
  if (isRepetition(secret)) return `repeats a short pattern; ${remedy(minimumBytes)}`;
  if (WELL_KNOWN.test(secret)) return `contains a well-known phrase; ${remedy(minimumBytes)}`;
  return undefined;
}

function tooShort(minimumBytes: number): string {
  return `is shorter than ${minimumBytes} bytes; ${remedy(minimumBytes)}`;
}

function remedy(bytes: number): string {
  return `make one with: node -p "crypto.randomBytes(${Math.max(bytes, 32)}).toString('base64url')"`;
}

function isRepetition(text: string): boolean {
  const half = Math.floor(text.length / 2);
  for (let period = 1; period <= half; period++) {
    if (text.startsWith(text.slice(period))) return true;
  }
  return false;
}
