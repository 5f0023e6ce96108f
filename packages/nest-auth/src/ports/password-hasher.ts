/** One password hashing scheme. Passwords arrive normalised (NFC), without NUL and within the length policy. */
export interface PasswordHasher {
  /** Hashes with a fresh salt, into a self-describing string. */
  hash(password: string): Promise<string>;
  /** @returns `false` for a wrong password and for a hash that is malformed; never throws on either. */
  verify(password: string, hash: string): Promise<boolean>;
  /** Whether this scheme made the hash, by its prefix. */
  recognises(hash: string): boolean;
  /** Whether the hash was made with parameters other than today's. */
  needsRehash(hash: string): boolean;
  /**
   * Spends the work that verifying a hash of today's parameters takes beyond verifying this one. Without this method
   * the time of a refused login shows that an account exists and that its hash is cheaper than today's.
   */
  spendRest?(password: string, hash: string): Promise<void>;
}

/** Injection token of the port. */
export const PasswordHasher = Symbol.for('acme/nest-auth:PasswordHasher');
