/** Short-lived values: one-time tokens, challenges, states. Values are strings; an expired one is as good as gone. */
export interface EphemeralStore {
  /** Stores or overwrites. `ttl` in seconds. */
  put(key: string, value: string, ttl: number): Promise<void>;
  /** Reads and deletes in one step: of any number of callers one gets the value, the others `null`. */
  take(key: string): Promise<string | null>;
  /** Stores only if nothing lives under the key. @returns whether it did. `ttl` in seconds. */
  putIfAbsent(key: string, value: string, ttl: number): Promise<boolean>;
  get(key: string): Promise<string | null>;
  /** Optional, for stores that keep what has expired until they are told: removes it. @returns how many */
  deleteExpired?(): Promise<number>;
}

/** Injection token of the port. */
export const EphemeralStore = Symbol.for('acme/nest-auth:EphemeralStore');
