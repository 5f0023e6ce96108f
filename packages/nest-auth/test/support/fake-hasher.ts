import { createHash } from 'node:crypto';
import type { PasswordHasher } from '@acme/nest-auth';

/** Hashes in no time, and counts calls: for stories that are not about bcrypt. */
export class FakeHasher implements PasswordHasher {
  hashed = 0;
  verified = 0;
  /** Awaited by each `hash`, after it was counted: to hold a race open. */
  beforeHash: () => Promise<void> | void = () => {};

  constructor(readonly cost = 1) {}

  /** How often a password was hashed or verified. */
  get calls(): number {
    return this.hashed + this.verified;
  }

  async hash(password: string): Promise<string> {
    this.hashed++;
    const salt = String(this.hashed);
    await this.beforeHash();
    return this.encode(password, salt);
  }

  async verify(password: string, hash: string): Promise<boolean> {
    this.verified++;
    const [, , cost, salt = ''] = hash.split('$');
    return new FakeHasher(Number(cost)).encode(password, salt) === hash;
  }

  recognises(hash: string): boolean {
    return hash.startsWith('$fake$');
  }

  needsRehash(hash: string): boolean {
    return !hash.startsWith(`$fake$${this.cost}$`);
  }

  encode(password: string, salt: string): string {
    return `$fake$${this.cost}$${salt}$${createHash('sha256').update(`${salt}\0${password}`).digest('base64url')}`;
  }
}
