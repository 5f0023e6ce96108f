// Each adapter beside the others: its types fit the options, and it loads in the app's module format.
import assert from 'node:assert/strict';
import type { AuthOptions } from '@acme/nest-auth';
import * as mysql from '@acme/nest-auth-drizzle/mysql';
import * as pg from '@acme/nest-auth-drizzle/pg';
import * as sqlite from '@acme/nest-auth-drizzle/sqlite';
import { type AuthModels, prismaStores } from '@acme/nest-auth-prisma';
import { redisStores, redisThrottle } from '@acme/nest-auth-redis';
import { authEntities, typeOrmStores } from '@acme/nest-auth-typeorm';
import type { Redis } from 'ioredis';
import type { RedisClientType } from 'redis';
import type { DataSource } from 'typeorm';

type Stores = Pick<AuthOptions, 'userStore' | 'sessionStore' | 'ephemeralStore' | 'credentialStore'>;

export const users: Record<string, (db: never) => Stores> = {
  typeorm: (db: DataSource) => typeOrmStores(db),
  prisma: (client: AuthModels<object>) => prismaStores(client),
  pg: (db: pg.Database) => pg.drizzleStores(db),
  mysql: (db: mysql.Database) => mysql.drizzleStores(db),
  sqlite: (db: sqlite.Database) => sqlite.drizzleStores(db),
};

export const redis: Record<string, (client: never) => Partial<AuthOptions>> = {
  redis: (client: RedisClientType) => ({ ...redisStores(client), throttle: redisThrottle(client) }),
  ioredis: (client: Redis) => ({ ...redisStores(client), throttle: redisThrottle(client) }),
};

assert.equal(authEntities('postgres').length, 4);
for (const stores of [typeOrmStores, prismaStores, pg.drizzleStores, mysql.drizzleStores, sqlite.drizzleStores]) {
  assert.equal(typeof stores, 'function');
}
assert.equal(typeof redisStores, 'function');
