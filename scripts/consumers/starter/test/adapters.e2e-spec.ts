// The runner can load each adapter, with the packages that its README installs.
import { drizzleStores as mysql } from '@acme/nest-auth-drizzle/mysql';
import { drizzleStores as pg } from '@acme/nest-auth-drizzle/pg';
import { drizzleStores as sqlite } from '@acme/nest-auth-drizzle/sqlite';
import { prismaStores } from '@acme/nest-auth-prisma';
import { redisStores } from '@acme/nest-auth-redis';
import { typeOrmStores } from '@acme/nest-auth-typeorm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { createClient } from 'redis';
import { DataSource } from 'typeorm';

it('loads each adapter', () => {
  const loaded = [mysql, pg, sqlite, prismaStores, redisStores, typeOrmStores, drizzle, createClient, DataSource];
  expect(loaded.map((one) => typeof one)).toEqual(loaded.map(() => 'function'));
});
