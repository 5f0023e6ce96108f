import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { createClient } from 'redis';
import { MARIADB_URL, POSTGRES_URL, REDIS_URL } from './harness/servers.js';
import { sessionId } from './harness/tokens.js';

/** A table full of live sessions, at generation 0. */
export interface SessionTable {
  readonly url: string;
  drop(): Promise<void>;
}

export type Database = 'PostgreSQL' | 'MariaDB' | 'Redis';

export const URLS: Record<Database, string> = { PostgreSQL: POSTGRES_URL, MariaDB: MARIADB_URL, Redis: REDIS_URL };

/** Fills a table of its own. Its indexes are created last, so that this takes only seconds. */
export const createTable: Record<Database, (rows: number) => Promise<SessionTable>> = {
  PostgreSQL: async (rows) => {
    const { name, url } = newDatabase(POSTGRES_URL);
    await onPostgres(POSTGRES_URL, [`CREATE DATABASE ${name}`]);
    const statements = await migration('postgres');
    const isIndex = (statement: string) => /CREATE (UNIQUE )?INDEX/.test(statement);
    // Without a log, because the bench compares clients, and each of them would wait for the same disk.
    await onPostgres(url, [
      ...statements.filter((statement) => !isIndex(statement)),
      'ALTER TABLE auth_sessions SET UNLOGGED',
      `INSERT INTO auth_sessions
       SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'user-' || n % 100000, repeat('x', 43), 0,
              now(), now(), now() + interval '30 days', now() + interval '90 days', NULL,
              'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', '192.0.2.1', 'pwd', now(), true, NULL
       FROM generate_series(0, ${rows}) AS n`,
      ...statements.filter(isIndex),
      'VACUUM ANALYZE auth_sessions',
    ]);
    return { url, drop: () => onPostgres(POSTGRES_URL, [`DROP DATABASE ${name} WITH (FORCE)`]) };
  },
  MariaDB: async (rows) => {
    const { name, url } = newDatabase(MARIADB_URL);
    await onMariadb(MARIADB_URL, [`CREATE DATABASE ${name}`]);
    await onMariadb(url, [
      ...(await migration('mariadb')),
      `INSERT INTO auth_sessions
       SELECT concat('00000000-0000-4000-8000-', lpad(lower(hex(seq)), 12, '0')), concat('user-', seq % 100000),
              repeat('x', 43), 0, utc_timestamp(3), utc_timestamp(3), utc_timestamp(3) + interval 30 day,
              utc_timestamp(3) + interval 90 day, NULL,
              'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', '192.0.2.1', 'pwd',
              utc_timestamp(3), true, NULL
       FROM seq_0_to_${rows}`,
      'ANALYZE TABLE auth_sessions',
    ]);
    return { url, drop: () => onMariadb(MARIADB_URL, [`DROP DATABASE ${name}`]) };
  },
  Redis: async (rows) => {
    const prefix = `bench-${randomUUID()}`;
    await fillRedis(prefix, rows);
    return { url: `${REDIS_URL}#${prefix}`, drop: () => emptyRedis(prefix, rows) };
  },
};

function newDatabase(server: string): { readonly name: string; readonly url: string } {
  const name = `nest_auth_bench_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(server);
  url.pathname = name;
  return { name, url: url.href };
}

async function migration(dialect: 'postgres' | 'mariadb'): Promise<string[]> {
  const file = createRequire(import.meta.url).resolve(`@acme/nest-auth-typeorm/migrations/${dialect}.sql`);
  const sql = await readFile(file, 'utf8');
  return sql.split(/;$/m).filter((statement) => statement.trim() !== '');
}

async function onPostgres(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

async function onMariadb(url: string, statements: readonly string[]): Promise<void> {
  const client = await mysql.createConnection(url);
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

const BATCH = 10_000;

/** The fields that `create` writes for a session, without the indexes, which a rotation does not change. */
async function fillRedis(prefix: string, rows: number): Promise<void> {
  const redis = await connectRedis();
  const now = Date.now();
  const [end, last] = [now + 30 * 86_400_000, now + 90 * 86_400_000].map(String) as [string, string];
  const fields = { secretHash: 'x'.repeat(43), generation: '0', createdAt: `${now}`, rotatedAt: `${now}` };
  const login = { methods: 'pwd', authenticatedAt: `${now}`, remember: '1' };
  const rest = Object.entries({ ...fields, expiresAt: end, absoluteExpiresAt: last, ip: '192.0.2.1', ...login }).flat();
  for (let from = 0; from <= rows; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, rows + 1 - from) }, (_, n) => from + n);
    await Promise.all(
      batch.map((n) =>
        redis.sendCommand(['HSET', `{${prefix}}:session:${sessionId(n)}`, 'userId', `user-${n}`, ...rest]),
      ),
    );
  }
  redis.destroy();
}

async function emptyRedis(prefix: string, rows: number): Promise<void> {
  const redis = await connectRedis();
  for (let from = 0; from <= rows; from += 1000) {
    const keys = Array.from({ length: 1000 }, (_, n) => `{${prefix}}:session:${sessionId(from + n)}`);
    await redis.unlink(keys);
  }
  redis.destroy();
}

async function connectRedis() {
  const redis = createClient({ url: REDIS_URL });
  redis.on('error', () => {});
  await redis.connect();
  return redis;
}
