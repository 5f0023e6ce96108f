import { connectionOf, type RedisClient } from './clients/connect.js';
import { RedisCredentialStore } from './credential-store.js';
import { RedisEphemeralStore } from './ephemeral-store.js';
import { Keys } from './keys.js';
import { RedisSessionStore } from './session-store.js';

export interface RedisOptions {
  /** Every key and channel begins with it, in braces. One for each app that shares a Redis. @default 'nest-auth' */
  readonly prefix?: string;
}

export interface RedisStoresOptions extends RedisOptions {
  /**
   * Whether to answer with a `credentialStore` too. By default further credentials stay where the users are: a TOTP
   * secret that Redis loses is a second factor that is no longer asked for.
   * @default false
   */
  readonly credentials?: boolean;
}

/**
 * Sessions and one-time values in Redis, to spread into the options of `AuthModule`. The client stays the app's: it
 * connects it, listens to its errors and closes it. Telling other processes of revocations takes one more connection,
 * a duplicate of the client, that the library opens and closes.
 *
 * @param client of `redis` (`createClient`) or of `ioredis` (`new Redis`, `new Cluster`)
 * @throws AuthError `invalid_configuration` for another client, or for a prefix that is empty or has a brace
 * @example
 * ```ts
 * const redis = createClient({ url: process.env.REDIS_URL, disableOfflineQueue: true });
 * redis.on('error', (error) => logger.error(error));
 * await redis.connect();
 *
 * const options = { ...redisStores(redis), throttle: redisThrottle(redis) };
 * ```
 */
export function redisStores(
  client: RedisClient,
  options: RedisStoresOptions = {},
): {
  readonly sessionStore: RedisSessionStore;
  readonly ephemeralStore: RedisEphemeralStore;
  /** Present with `credentials: true`. */
  readonly credentialStore?: RedisCredentialStore;
} {
  const redis = connectionOf(client);
  const keys = new Keys(options.prefix);
  return {
    sessionStore: new RedisSessionStore(redis, keys),
    ephemeralStore: new RedisEphemeralStore(redis, keys),
    ...(options.credentials === true && { credentialStore: new RedisCredentialStore(redis, keys) }),
  };
}
