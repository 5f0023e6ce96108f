import type { EphemeralStore } from '../ports/ephemeral-store.js';
import { MemoryStore } from './memory-store.js';

/** The reference implementation of `EphemeralStore`. */
export class MemoryEphemeralStore extends MemoryStore implements EphemeralStore {
  readonly #values = new Map<string, { readonly value: string; readonly until: number }>();

  async put(key: string, value: string, ttl: number): Promise<void> {
    assertEntry(key, value, ttl);
    this.#values.set(key, { value, until: this.clock() + ttl * 1000 });
  }

  async take(key: string): Promise<string | null> {
    const value = this.#live(key);
    this.#values.delete(key);
    return value;
  }

  async putIfAbsent(key: string, value: string, ttl: number): Promise<boolean> {
    assertEntry(key, value, ttl);
    if (this.#live(key) !== null) return false;
    void this.put(key, value, ttl);
    return true;
  }

  async get(key: string): Promise<string | null> {
    return this.#live(key);
  }

  async deleteExpired(): Promise<number> {
    const now = this.clock();
    const expired = [...this.#values].filter(([, { until }]) => now >= until);
    for (const [key] of expired) this.#values.delete(key);
    return expired.length;
  }

  #live(key: string): string | null {
    const entry = this.#values.get(key);
    return entry && this.clock() < entry.until ? entry.value : null;
  }
}

function assertEntry(key: string, value: string, ttl: number): void {
  if (typeof key !== 'string' || typeof value !== 'string' || !Number.isFinite(ttl))
    throw new TypeError('The key or the value is not a string, or the lifetime is not a number.');
}
