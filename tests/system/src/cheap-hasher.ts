import { createHash, randomUUID } from 'node:crypto';
import type { PasswordHasher } from '@acme/nest-auth';

/** Hashes in no time, and counts calls, because these tests are not about the cost of bcrypt. */
export class CheapHasher implements PasswordHasher {
  calls = 0;

  async hash(password: string): Promise<string> {
    this.calls++;
    return encode(password, randomUUID());
  }

  async verify(password: string, hash: string): Promise<boolean> {
    this.calls++;
    return encode(password, hash.split('$')[2] ?? '') === hash;
  }

  recognises(hash: string): boolean {
    return hash.startsWith('$cheap$');
  }

  needsRehash(): boolean {
    return false;
  }
}

function encode(password: string, salt: string): string {
  return `$cheap$${salt}$${createHash('sha256').update(`${salt}\0${password}`).digest('base64url')}`;
}
