import type { SessionStore } from '@acme/nest-auth';
import * as drizzleMysql from '@acme/nest-auth-drizzle/mysql';
import * as drizzlePg from '@acme/nest-auth-drizzle/pg';
import { prismaStores } from '@acme/nest-auth-prisma';
import { redisStores } from '@acme/nest-auth-redis';
import { authEntities, typeOrmStores } from '@acme/nest-auth-typeorm';
import { PrismaPg } from '@prisma/adapter-pg';
import { drizzle as onMysql } from 'drizzle-orm/mysql2';
import { drizzle as onPg } from 'drizzle-orm/node-postgres';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { createClient } from 'redis';
import { DataSource } from 'typeorm';
import { PrismaClient } from './generated/client/client.js';
import { sessionId } from './harness/tokens.js';

/** The digest of the secret of every session of the bench. */
const SECRET_HASH = 'x'.repeat(43);

/** Rotates the session of a number. */
export type Advance = (n: number, generation: number, now: Date, expiresAt: Date) => Promise<unknown>;

export interface RotationSetup {
  readonly advance: Advance;
  close(): Promise<unknown>;
}

/** The ways of each database; the first is the bare statement. */
export const WAYS = {
  PostgreSQL: [
    'bare UPDATE … RETURNING',
    'bare, by name',
    'typeorm',
    'prisma',
    'prisma, rawSessions',
    'prisma, rawSessions by name',
    'drizzle',
    'drizzle, namedStatements',
  ],
  MariaDB: ['bare UPDATE', 'bare UPDATE and SELECT', 'typeorm on MariaDB', 'drizzle on MariaDB'],
  Redis: ['bare HSET', 'redis'],
} as const;

// The bench measures the client, not the disk of the server. Prisma's models treat times as UTC implicitly.
const PG_OPTIONS = '-c synchronous_commit=off -c TimeZone=UTC';
const COLUMNS =
  'id, user_id, secret_hash, generation, created_at, rotated_at, expires_at, absolute_expires_at, revoked_at, user_agent, ip, methods, authenticated_at, remember, actor_id';

type Open = (url: string, connections: number) => RotationSetup | Promise<RotationSetup>;

const OPEN: Readonly<Record<string, Open>> = {
  'bare UPDATE … RETURNING': (url, max) => barePostgres(url, max),
  // Planned once for each connection. A connection pooler such as PgBouncer must support that.
  'bare, by name': (url, max) => barePostgres(url, max, 'advance'),
  typeorm: async (url, poolSize) => {
    const options = {
      type: 'postgres' as const,
      url,
      poolSize,
      installExtensions: false,
      extra: { options: PG_OPTIONS },
    };
    const db = await new DataSource({ ...options, entities: [...authEntities('postgres')] }).initialize();
    return through(typeOrmStores(db).sessionStore, () => db.destroy());
  },
  prisma: (url, max) => {
    const pool = new pg.Pool({ connectionString: url, max, options: PG_OPTIONS });
    const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
    return through(prismaStores(prisma).sessionStore, () => prisma.$disconnect());
  },
  'prisma, rawSessions': (url, max) => prismaInSql(url, max),
  'prisma, rawSessions by name': (url, max) =>
    prismaInSql(url, max, { statementNameGenerator: ({ sql }) => nameOf(sql) }),
  drizzle: (url, max) => drizzleOnPg(url, max, false),
  'drizzle, namedStatements': (url, max) => drizzleOnPg(url, max, true),
  'bare UPDATE': (url, connections) => bareMariadb(url, connections, false),
  'bare UPDATE and SELECT': (url, connections) => bareMariadb(url, connections, true),
  'typeorm on MariaDB': async (url, poolSize) => {
    const db = new DataSource({
      type: 'mariadb',
      url,
      poolSize,
      timezone: 'Z',
      entities: [...authEntities('mariadb')],
    });
    await db.initialize();
    return through(typeOrmStores(db).sessionStore, () => db.destroy());
  },
  'drizzle on MariaDB': (url, connectionLimit) => {
    const pool = mysql.createPool({ uri: url, connectionLimit });
    return through(drizzleMysql.drizzleStores(onMysql(pool) as never).sessionStore, () => pool.end());
  },
  'bare HSET': async (url) => {
    const { redis, prefix } = await openRedis(url);
    const advance: Advance = (n, generation, now, expiresAt) => {
      const values = [`${generation + 1}`, `${now.getTime()}`, `${expiresAt.getTime()}`] as const;
      const fields = ['generation', values[0], 'rotatedAt', values[1], 'expiresAt', values[2]];
      return redis.sendCommand(['HSET', `{${prefix}}:session:${sessionId(n)}`, ...fields]);
    };
    return { advance, close: async () => redis.destroy() };
  },
  redis: async (url) => {
    const { redis, prefix } = await openRedis(url);
    return through(redisStores(redis, { prefix }).sessionStore, async () => redis.destroy());
  },
};

export async function openAdvancing(way: string, url: string, connections: number): Promise<RotationSetup> {
  const open = OPEN[way];
  if (!open) throw new RangeError(`There is no way '${way}'.`);
  return open(url, connections);
}

function through(store: SessionStore, close: () => Promise<unknown>): RotationSetup {
  const advance: Advance = async (n, generation, now, expiresAt) => {
    const rotation = { id: sessionId(n), secretHash: SECRET_HASH, fromGeneration: generation, now, expiresAt };
    const answer = await store.advance(rotation);
    if (!answer?.won) throw new Error('A session of the bench did not advance.');
  };
  return { advance, close };
}

function barePostgres(connectionString: string, max: number, name?: string): RotationSetup {
  const pool = new pg.Pool({ connectionString, max, options: PG_OPTIONS });
  const text = `UPDATE auth_sessions SET generation = generation + 1, rotated_at = $1, expires_at = $2
    WHERE id = $3 AND generation = $4 AND secret_hash = $5 AND revoked_at IS NULL AND expires_at > $1 AND absolute_expires_at > $1
    RETURNING ${COLUMNS}`;
  const advance: Advance = async (n, generation, now, expiresAt) => {
    const values = [now, expiresAt, sessionId(n), generation, SECRET_HASH];
    const { rows } = await (name ? pool.query({ name, text, values }) : pool.query(text, values));
    if (rows.length !== 1) throw new Error('A session of the bench did not advance.');
  };
  return { advance, close: () => pool.end() };
}

function prismaInSql(connectionString: string, max: number, options: ConstructorParameters<typeof PrismaPg>[1] = {}) {
  const pool = new pg.Pool({ connectionString, max, options: PG_OPTIONS });
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, options) });
  const { sessionStore } = prismaStores(prisma, { rawSessions: { client: prisma } });
  return through(sessionStore, () => prisma.$disconnect());
}

const NAMES = new Map<string, string>();

function nameOf(sql: string): string {
  const name = NAMES.get(sql) ?? `s${NAMES.size}`;
  NAMES.set(sql, name);
  return name;
}

function drizzleOnPg(connectionString: string, max: number, namedStatements: boolean): RotationSetup {
  const pool = new pg.Pool({ connectionString, max, options: PG_OPTIONS });
  // Of a copy of drizzle-orm whose types TypeScript takes for others.
  return through(drizzlePg.drizzleStores(onPg(pool) as never, { namedStatements }).sessionStore, () => pool.end());
}

function bareMariadb(uri: string, connectionLimit: number, reads: boolean): RotationSetup {
  const pool = mysql.createPool({ uri, connectionLimit });
  const text = (time: Date) => time.toISOString().replace('T', ' ').slice(0, -1);
  const update = `UPDATE auth_sessions SET generation = generation + 1, rotated_at = ?, expires_at = ?
    WHERE id = ? AND generation = ? AND secret_hash = ? AND revoked_at IS NULL AND expires_at > ? AND absolute_expires_at > ?`;
  const advance: Advance = async (n, generation, now, expiresAt) => {
    const id = sessionId(n);
    await pool.query(update, [text(now), text(expiresAt), id, generation, SECRET_HASH, text(now), text(now)]);
    if (reads) await pool.query(`SELECT ${COLUMNS} FROM auth_sessions WHERE id = ?`, [id]);
  };
  return { advance, close: () => pool.end() };
}

/** The fragment of the address carries the prefix of the keys. */
async function openRedis(address: string) {
  const url = new URL(address);
  const prefix = url.hash.slice(1);
  url.hash = '';
  const redis = createClient({ url: url.href });
  redis.on('error', () => {});
  await redis.connect();
  return { redis, prefix };
}
