import type { EphemeralStore } from '@acme/nest-auth';
import type { RedisConnection } from './clients/redis-connection.js';
import type { Keys } from './keys.js';

/** One-time values in Redis, each method one command. Made by `redisStores`. */
export class RedisEphemeralStore implements EphemeralStore {
  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
  ) {}

  async put(key: string, value: string, ttl: number): Promise<void> {
    await this.#set(key, value, ttl);
  }

  async take(key: string): Promise<string | null> {
    return this.#read('getdel', key);
  }

  async putIfAbsent(key: string, value: string, ttl: number): Promise<boolean> {
    return (await this.#set(key, value, ttl, 'nx')) !== null;
  }

  async get(key: string): Promise<string | null> {
    return this.#read('get', key);
  }

  async #read(command: 'get' | 'getdel', key: string): Promise<string | null> {
    if (typeof key !== 'string') return null;
    const value = await this.redis.command(command, this.keys.ephemeral(key));
    return value === null ? null : String(value);
  }

  #set(key: string, value: string, ttl: number, ...condition: string[]): Promise<unknown> {
    if (typeof key !== 'string' || typeof value !== 'string' || !Number.isFinite(ttl))
      throw new TypeError('The key or the value is not a string, or the lifetime is not a number.');
    return this.redis.command(
      'set',
      this.keys.ephemeral(key),
      value,
      'px',
      String(Math.ceil(ttl * 1000)),
      ...condition,
    );
  }
}
