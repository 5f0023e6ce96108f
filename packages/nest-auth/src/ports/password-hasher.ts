/** One password hashing scheme. Passwords arrive normalised (NFC), without NUL and within the length policy. */
export interface PasswordHasher {
  /** Hashes with a fresh salt, into a self-describing string. */
  hash(password: string): Promise<string>;
  /** @returns `false` for a wrong password and for a malformed hash; must not throw for either. */
  verify(password: string, hash: string): Promise<boolean>;
  /** Whether this scheme made the hash, by its prefix. */
  recognises(hash: string): boolean;
  /** Whether the hash was made with other than the current parameters. */
  needsRehash(hash: string): boolean;
  /**
   * Does the additional work that verifying a hash with the current parameters takes, compared to this one. Without
   * this method, the time of a refused login reveals that an account exists and that its hash is cheaper than the
   * current parameters.
   */
  spendRest?(password: string, hash: string): Promise<void>;
}

/** Injection token of the port. */
export const PasswordHasher = Symbol.for('acme/nest-auth:PasswordHasher');
