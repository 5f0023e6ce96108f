/** Short-lived values: one-time tokens, challenges, states. Values are strings. An expired value counts as deleted. */
export interface EphemeralStore {
  /** Stores or overwrites. `ttl` in seconds. */
  put(key: string, value: string, ttl: number): Promise<void>;
  /** Reads and deletes in one step: of several callers, exactly one gets the value, the others `null`. */
  take(key: string): Promise<string | null>;
  /** Stores only if the key has no live value. @returns whether it stored. `ttl` in seconds. */
  putIfAbsent(key: string, value: string, ttl: number): Promise<boolean>;
  get(key: string): Promise<string | null>;
  /** Optional, for stores that keep expired values: removes them. @returns how many */
  deleteExpired?(): Promise<number>;
}

/** Injection token of the port. */
export const EphemeralStore = Symbol.for('acme/nest-auth:EphemeralStore');
