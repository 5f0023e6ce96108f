import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import type { PasswordHasher } from '@acme/nest-auth';

/** The hashes of better-auth: `salt:key` in hex. The salt is the hex text itself, not its bytes. */
const HASH = /^([\da-f]{32}):([\da-f]{128})$/;
const COST: ScryptOptions = { N: 16384, r: 16, p: 1, maxmem: 128 * 16384 * 16 * 2 };

/** Checks the hashes of better-auth. Each is replaced by bcrypt at its next login, so this class makes no hashes. */
export class ScryptHasher implements PasswordHasher {
  async hash(): Promise<string> {
    throw new Error('ScryptHasher belongs into password.accepts.');
  }

  async verify(password: string, hash: string): Promise<boolean> {
    const [, salt, key] = HASH.exec(hash) ?? [];
    if (!salt || !key) return false;
    const expected = Buffer.from(key, 'hex');
    const derived = await new Promise<Buffer>((resolve, reject) =>
      scrypt(password.normalize('NFKC'), salt, expected.length, COST, (error, found) =>
        error ? reject(error) : resolve(found),
      ),
    );
    return timingSafeEqual(derived, expected);
  }

  recognises(hash: string): boolean {
    return HASH.test(hash);
  }

  needsRehash(): boolean {
    return true;
  }
}
