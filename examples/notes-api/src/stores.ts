import { redisStores, redisThrottle } from '@acme/nest-auth-redis';
import { typeOrmStores } from '@acme/nest-auth-typeorm';
import type { DataSource } from 'typeorm';
import type { RedisConnection } from './redis.js';
import { User } from './users/user.entity.js';

/** The stores of the library: users in the app's own table; sessions in the same database, or in Redis. */
export function stores(db: DataSource, { client, prefix }: RedisConnection) {
  const tables = typeOrmStores(db, { user: { entity: User, login: 'email', profile: ['displayName'] } });
  if (!client) return tables;
  return { ...tables, ...redisStores(client, { prefix }), throttle: redisThrottle(client, { prefix }) };
}
