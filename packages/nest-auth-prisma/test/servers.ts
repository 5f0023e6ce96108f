import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { test } from '@jest/globals';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { PrismaClient } from './generated/client/client.js';

const SERVER = process.env.POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/test';
const SCHEMA = ['../migrations/postgres.sql', './team.sql']
  .map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'))
  .join('\n');

export interface TestDatabase {
  readonly prisma: PrismaClient;
  query(sql: string): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

/** `test` if PostgreSQL answers. Otherwise the tests are listed as skipped; in CI they fail. */
export const postgresTest: (name: string, run: () => Promise<void>) => unknown =
  process.env.CI || (await answers()) ? test : test.skip;

/** A database of its own. Its sessions live in another time zone, as on servers set up with the machine's. */
export async function createPostgres(
  onStatement: (sql: string) => void = () => {},
): Promise<TestDatabase & { readonly pool: pg.Pool }> {
  const name = `nest_auth_prisma_${randomUUID().replaceAll('-', '')}`;
  await administrate(`CREATE DATABASE ${name}`, `ALTER DATABASE ${name} SET timezone = 'America/New_York'`);
  const url = new URL(SERVER);
  url.pathname = name;
  const pool = new pg.Pool({ connectionString: url.href });
  await pool.query(SCHEMA);
  pool.on('acquire', (client) => watch(client, onStatement));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    prisma,
    pool,
    query: async (sql) => (await pool.query(sql)).rows,
    drop: async () => {
      await prisma.$disconnect();
      await pool.end();
      // Not by force: the pool's end does not wait for its sockets, and a terminated socket would fail the test that
      // runs then.
      await administrate(`DROP DATABASE ${name}`);
    },
  };
}

export async function createPglite(): Promise<TestDatabase> {
  const pglite = await PGlite.create();
  await pglite.exec(SCHEMA);
  const prisma = new PrismaClient({ adapter: new PrismaPGlite(pglite) });
  return {
    prisma,
    query: async (sql) => (await pglite.query<Record<string, unknown>>(sql)).rows,
    drop: async () => {
      await prisma.$disconnect();
      await pglite.close();
    },
  };
}

/** Reports every statement that is sent, also BEGIN and COMMIT. */
function watch(client: pg.PoolClient, onStatement: (sql: string) => void): void {
  if (Object.hasOwn(client, 'query')) return;
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  Object.defineProperty(client, 'query', {
    value: (statement: string | { text: string }, ...rest: unknown[]) => {
      onStatement(typeof statement === 'string' ? statement : statement.text);
      return query(statement, ...rest);
    },
  });
}

async function administrate(...statements: string[]): Promise<void> {
  const client = new pg.Client(SERVER);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

async function answers(): Promise<boolean> {
  try {
    await administrate('SELECT 1');
    return true;
  } catch {
    return false;
  }
}
