import type { PasswordHasher } from '@acme/nest-auth';
import { hash, verify } from '@node-rs/argon2';

export interface Argon2Options {
  /** KiB. @default 19456 */
  readonly memoryCost?: number;
  /** Passes. @default 2 */
  readonly timeCost?: number;
  /** Lanes. @default 1 */
  readonly parallelism?: number;
}

/** KiB × passes of the weakest parameters that OWASP names: m=7168, t=5. */
const WEAKEST = 7168 * 5;
const FORMAT = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/;

/**
 * argon2id with `@node-rs/argon2`, which the app installs. The defaults are those of the OWASP Password Storage Cheat
 * Sheet. bcrypt hashes stay valid, and the next login replaces them with argon2id hashes.
 *
 * @example
 * ```ts
 * AuthModule.forRoot({ ...memoryStores(), secrets, password: { hasher: new Argon2Hasher() } });
 * ```
 */
export class Argon2Hasher implements PasswordHasher {
  readonly #parameters: Required<Argon2Options>;

  constructor({ memoryCost = 19_456, timeCost = 2, parallelism = 1 }: Argon2Options = {}) {
    if (!(memoryCost >= 7168 && timeCost >= 1 && parallelism >= 1 && memoryCost * timeCost >= WEAKEST)) {
      throw new RangeError('argon2id is weaker than m=7168, t=5, p=1; raise memoryCost or timeCost');
    }
    this.#parameters = { memoryCost, timeCost, parallelism };
  }

  hash(password: string): Promise<string> {
    return hash(password, this.#parameters);
  }

  async verify(password: string, stored: string): Promise<boolean> {
    // It rejects if a salt or digest is damaged, or if argon2 does not support the parameters.
    return FORMAT.test(stored) && verify(stored, password).catch(() => false);
  }

  recognises(stored: string): boolean {
    return FORMAT.test(stored);
  }

  needsRehash(stored: string): boolean {
    const { memoryCost, timeCost, parallelism } = this.#parameters;
    const [, m, t, p] = FORMAT.exec(stored) ?? [];
    return Number(m) !== memoryCost || Number(t) !== timeCost || Number(p) !== parallelism;
  }
}
