import { createHmac } from 'node:crypto';
import bcrypt from 'bcrypt';
import type { PasswordHasher } from '../ports/password-hasher.js';
import { bcryptThreads } from './bcrypt-threads.js';

export const MIN_BCRYPT_COST = 10;
export const MAX_BCRYPT_COST = 16;

/** bcrypt ignores all bytes after this limit (CVE-2025-22228). */
const MAX_BYTES = 72;
const PLAIN = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const PREHASHED = /^\$bcrypt-sha256\$v=2,t=2b,r=(\d{1,2})\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/;

/** The costs that bcrypt itself supports. */
const CHEAPEST = 4;
const DEAREST = 31;
/** A salt and a digest that no known password matches. */
const UNMATCHED = `$${'.'.repeat(53)}`;

/**
 * bcrypt for passwords of any length. Up to 72 bytes it makes plain `$2b$` hashes; longer passwords are first hashed
 * with HMAC-SHA-256, in passlib's `$bcrypt-sha256$` format, version 2, so that no character is ignored.
 *
 * @see https://passlib.readthedocs.io/en/stable/lib/passlib.hash.bcrypt_sha256.html
 */
export class BcryptHasher implements PasswordHasher {
  readonly cost: number;

  /** @param options.cost log2 of the rounds, 10 to 16. @default 12 */
  constructor({ cost = 12 }: { readonly cost?: number } = {}) {
    if (!Number.isInteger(cost) || cost < MIN_BCRYPT_COST || cost > MAX_BCRYPT_COST) {
      throw new RangeError(`bcrypt cost is ${cost}; use ${MIN_BCRYPT_COST} to ${MAX_BCRYPT_COST} (12 is a good start)`);
    }
    this.cost = cost;
  }

  async hash(password: string): Promise<string> {
    if (fits(password)) return bcryptThreads.hash(password, this.cost);
    const prefix = await bcrypt.genSalt(this.cost);
    const salt = prefix.slice(-22);
    const hashed = await bcryptThreads.hash(prehash(password, salt), prefix);
    return `$bcrypt-sha256$v=2,t=2b,r=${this.cost}$${salt}$${hashed.slice(-31)}`;
  }

  async verify(password: string, hash: string): Promise<boolean> {
    const [, rounds, salt, digest] = PREHASHED.exec(hash) ?? [];
    if (rounds && salt && digest) {
      const stored = `$2b$${rounds.padStart(2, '0')}$${salt}${digest}`;
      return bcryptThreads.compare(prehash(password, salt), stored);
    }
    if (!PLAIN.test(hash)) return false;
    // Compares in any case, so that the time does not reveal the scheme of a row.
    const matches = await bcryptThreads.compare(password, hash.replace(/^\$2y/, '$2b'));
    return matches && fits(password);
  }

  recognises(hash: string): boolean {
    return PLAIN.test(hash) || PREHASHED.test(hash);
  }

  needsRehash(hash: string): boolean {
    return costOf(hash) !== this.cost || /^\$2[ay]/.test(hash);
  }

  /**
   * The work doubles with each step of the cost, so the missing work is one hash for each cost, from the row's cost up
   * to the one below the current cost.
   */
  async spendRest(password: string, hash: string): Promise<void> {
    if (!this.recognises(hash)) return;
    const spent = costOf(hash);
    // bcrypt immediately refuses an unsupported cost, so no work was done for it.
    for (let cost = spent >= CHEAPEST && spent <= DEAREST ? spent : CHEAPEST; cost < this.cost; cost++) {
      await bcryptThreads.compare(password, `$2b$${String(cost).padStart(2, '0')}${UNMATCHED}`);
    }
  }
}

/** @returns `NaN` for a hash of another scheme */
function costOf(hash: string): number {
  return Number(PREHASHED.exec(hash)?.[1] ?? PLAIN.exec(hash)?.[1]);
}

function fits(password: string): boolean {
  return Buffer.byteLength(password) <= MAX_BYTES;
}

/** Base64, because bcrypt stops at the zero bytes that a raw digest may contain. */
function prehash(password: string, salt: string): string {
  return createHmac('sha256', salt).update(password).digest('base64');
}
