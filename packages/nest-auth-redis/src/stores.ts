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
   * Whether to return a `credentialStore` too. By default further credentials stay in the users' database: if Redis
   * loses a TOTP secret, logins no longer ask for the second factor.
   * @default false
   */
  readonly credentials?: boolean;
}

/**
 * Sessions and one-time values in Redis, to spread into the options of `AuthModule`. The client belongs to the app,
 * which connects it, listens to its errors and closes it. To learn of revocations by other processes, the library opens
 * (and closes) one more connection, a duplicate of the client.
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
