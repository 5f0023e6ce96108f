import { drizzleStores } from '@acme/nest-auth-drizzle/pg';
import { redisStores, redisThrottle } from '@acme/nest-auth-redis';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { RedisClientType } from 'redis';
import { users } from './users.js';

/** The store file of notes-api, on Drizzle. */
export function stores(db: NodePgDatabase, redis: RedisClientType | null) {
  const tables = drizzleStores(db, {
    user: { table: users, login: 'email', profile: ['displayName'] },
  });
  if (!redis) return tables;
  return { ...tables, ...redisStores(redis), throttle: redisThrottle(redis) };
}
