import { AuthError } from '@acme/nest-auth';
import { type IoRedisClient, type IoRedisCluster, IoRedisConnection } from './ioredis.js';
import { type NodeRedisClient, NodeRedisConnection } from './node-redis.js';
import type { RedisConnection } from './redis-connection.js';

/** A client of `redis` (`createClient`) or of `ioredis` (`new Redis`, `new Cluster`); only the used members. */
export type RedisClient = NodeRedisClient | IoRedisClient | IoRedisCluster;

/**
 * Recognises the library by the shape of its client.
 * @throws AuthError `invalid_configuration` for any other client
 */
export function connectionOf(client: RedisClient): RedisConnection {
  if (isIoRedis(client)) return new IoRedisConnection(client);
  if (isNodeRedis(client)) return new NodeRedisConnection(client);
  throw new AuthError('invalid_configuration', {
    message:
      'The Redis client is of no known kind. Pass `createClient()` of redis, or `new Redis()` or `new Cluster()` of ioredis.',
  });
}

export function isIoRedis(client: RedisClient): client is IoRedisClient | IoRedisCluster {
  return typeof Object(client).call === 'function';
}

/** Clusters and sentinels of node-redis take other arguments: `sendCommand(firstKey, isReadonly, args)`. */
function isNodeRedis(client: RedisClient): client is NodeRedisClient {
  const { sendCommand, duplicate } = Object(client) as Partial<NodeRedisClient>;
  return typeof sendCommand === 'function' && sendCommand.length <= 2 && typeof duplicate === 'function';
}
