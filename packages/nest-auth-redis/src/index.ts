export type { RedisClient } from './clients/connect.js';
export type { IoRedisClient, IoRedisCluster, IoRedisSubscriber } from './clients/ioredis.js';
export type { NodeRedisClient, NodeRedisSubscriber } from './clients/node-redis.js';
export { RedisCredentialStore } from './credential-store.js';
export { RedisEphemeralStore } from './ephemeral-store.js';
export { RedisSessionStore } from './session-store.js';
export { type RedisOptions, type RedisStoresOptions, redisStores } from './stores.js';
export { redisThrottle } from './throttle.js';
