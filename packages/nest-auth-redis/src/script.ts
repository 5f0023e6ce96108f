import { createHash } from 'node:crypto';
import type { RedisConnection } from './clients/redis-connection.js';

/** A Lua script: one round trip, and atomic. */
export class Script {
  readonly #sha: string;

  constructor(private readonly lua: string) {
    this.#sha = createHash('sha1').update(lua).digest('hex');
  }

  async run(redis: RedisConnection, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await redis.command('evalsha', this.#sha, ...rest);
    } catch (error) {
      // The server does not know the script yet, or no longer after a restart. It has done nothing.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.command('eval', this.lua, ...rest);
    }
  }
}
