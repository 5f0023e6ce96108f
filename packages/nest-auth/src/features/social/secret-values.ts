import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits, as base64url. */
export function random(): string {
  return randomBytes(32).toString('base64url');
}

/** SHA-256, as base64url. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
