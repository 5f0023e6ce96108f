// A database of PostgreSQL for each cell, made and dropped by it.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../pnpm.mjs';

const { Client } = createRequire(join(root, 'packages/nest-auth/package.json'))('pg');
const SERVER = process.env.POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** @returns whether PostgreSQL answers */
export async function isReachable() {
  return query(SERVER, 'SELECT 1').then(
    () => true,
    () => false,
  );
}

export async function createDatabase() {
  const name = `nest_add_${randomUUID().replaceAll('-', '')}`;
  await query(SERVER, `CREATE DATABASE ${name}`);
  const url = new URL(SERVER);
  url.pathname = name;
  return {
    url: url.href,
    query: (sql) => query(url.href, sql),
    drop: () => query(SERVER, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function query(connectionString, sql) {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5000 });
  try {
    await client.connect();
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
