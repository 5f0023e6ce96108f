import type { LimiterFactory } from '@acme/nest-auth';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { connectionOf, isIoRedis, type RedisClient } from './clients/connect.js';
import { Keys } from './keys.js';
import type { RedisOptions } from './stores.js';

/**
 * Counters of attempts that all processes share, for the option `throttle`. They have no counter in memory to fall
 * back on: while Redis is down an attempt is refused with 503, or an attacker would only have to bring Redis down.
 *
 * @throws AuthError `invalid_configuration`, as `redisStores` does
 * @example
 * ```ts
 * const options = { throttle: { ...redisThrottle(redis), account: { points: 5, duration: '15m' } } };
 * ```
 */
export function redisThrottle(client: RedisClient, options: RedisOptions = {}): { readonly limiter: LimiterFactory } {
  connectionOf(client);
  const keys = new Keys(options.prefix);
  return {
    limiter: (budget) =>
      new RateLimiterRedis({
        ...budget,
        storeClient: client,
        // Left to itself it goes by the name of the client's class, which a minifier changes.
        useRedisPackage: !isIoRedis(client),
        keyPrefix: keys.throttle(budget.keyPrefix ?? ''),
      }),
  };
}
