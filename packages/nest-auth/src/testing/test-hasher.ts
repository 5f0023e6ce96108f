import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { AuthError, type PasswordHasher } from '@acme/nest-auth';

const PREFIX = '$test$';

/**
 * One round of SHA-256, for tests, in which a hash should be cheap. Wrong passwords are still refused.
 * @throws AuthError `invalid_configuration` at every use if `NODE_ENV` is `production`
 */
export class TestHasher implements PasswordHasher {
  constructor() {
    refuseProduction('TestHasher');
  }

  async hash(password: string): Promise<string> {
    refuseProduction('TestHasher');
    return encode(password, randomBytes(9).toString('base64url'));
  }

  async verify(password: string, hash: string): Promise<boolean> {
    refuseProduction('TestHasher');
    const [salt = ''] = hash.slice(PREFIX.length).split('$');
    const [expected, actual] = [Buffer.from(encode(password, salt)), Buffer.from(hash)];
    return expected.length === actual.length && timingSafeEqual(expected, actual);
  }

  recognises(hash: string): boolean {
    return hash.startsWith(PREFIX);
  }

  needsRehash(hash: string): boolean {
    return !this.recognises(hash);
  }
}

function encode(password: string, salt: string): string {
  return `${PREFIX}${salt}$${createHash('sha256').update(`${salt}\0${password}`).digest('base64url')}`;
}

/** @throws AuthError `invalid_configuration` when `NODE_ENV` is `production` */
export function refuseProduction(name: string): void {
  if (process.env.NODE_ENV !== 'production') return;
  throw new AuthError('invalid_configuration', {
    message: `${name} is for tests, and NODE_ENV is 'production'. Use AuthModule with a hasher of its own.`,
  });
}
