import { test } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { createClient } from 'redis';

export const POSTGRES_URL = process.env.POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
export const MARIADB_URL = process.env.MARIADB_URL ?? 'mysql://root@127.0.0.1:3306';
export const REDIS_URL = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';

export type Server = 'PostgreSQL' | 'MariaDB' | 'Redis';

const SERVERS: Record<Server, { readonly url: string; readonly variable: string; ask(): Promise<unknown> }> = {
  PostgreSQL: { url: POSTGRES_URL, variable: 'POSTGRES_URL', ask: () => onPostgres('SELECT 1') },
  MariaDB: { url: MARIADB_URL, variable: 'MARIADB_URL', ask: () => onMariadb('SELECT 1') },
  Redis: { url: REDIS_URL, variable: 'REDIS_URL', ask: askRedis },
};

/**
 * Whether the tests of a file can run. If a server is missing, they are skipped by name, and fail with `CI` set. Await
 * it at the top of a file.
 */
export async function haveServers(...names: readonly Server[]): Promise<boolean> {
  const missing: Server[] = [];
  for (const name of names) await SERVERS[name].ask().catch(() => missing.push(name));
  for (const name of missing) {
    const { url, variable } = SERVERS[name];
    const title = `there is no ${name} at ${url}`;
    if (!process.env.CI) test.skip(title, () => undefined);
    else {
      test(`${name} is there`, () => {
        throw new Error(`${title}. Set ${variable}, or start one.`);
      });
    }
  }
  return missing.length === 0;
}

/** Runs one statement outside of any test's database. */
export async function onPostgres(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: POSTGRES_URL, connectionTimeoutMillis: 2000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** As `onPostgres`. */
export async function onMariadb(sql: string): Promise<void> {
  const client = await createConnection({ uri: MARIADB_URL, connectTimeout: 2000 });
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function askRedis(): Promise<void> {
  const client = createClient({ url: REDIS_URL, socket: { connectTimeout: 2000, reconnectStrategy: false } });
  client.on('error', () => {});
  await client.connect();
  client.destroy();
}
