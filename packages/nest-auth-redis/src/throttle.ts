import type { LimiterFactory } from '@acme/nest-auth';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { connectionOf, isIoRedis, type RedisClient } from './clients/connect.js';
import { Keys } from './keys.js';
import type { RedisOptions } from './stores.js';

/**
 * Counters of attempts that all processes share, for the option `throttle`. There is no fallback in memory: while Redis
 * is down, attempts are refused with 503. Otherwise an attacker would only need to bring Redis down.
 *
 * @throws AuthError `invalid_configuration` in the same cases as `redisStores`
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
        // Otherwise it checks the name of the client's class, which a minifier changes.
        useRedisPackage: !isIoRedis(client),
        keyPrefix: keys.throttle(budget.keyPrefix ?? ''),
      }),
  };
}
