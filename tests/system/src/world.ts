import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import type { KeyPair } from '@acme/nest-auth';
import pg from 'pg';
import { createClient } from 'redis';
import { createDatabase, migration } from './database.js';
import type { SessionsOn, WorkerSettings } from './protocol.js';
import { REDIS_URL } from './servers.js';

/** A session as the store has it, read without the library. */
export interface StoredSession {
  readonly id: string;
  readonly generation: number;
}

/** What several processes share: one database, one prefix in Redis, and their keys. */
export interface World {
  readonly settings: WorkerSettings;
  /** The sessions of a user that are not revoked. */
  live(userId: string): Promise<StoredSession[]>;
  /** Deletes the sessions of a user, as a cascade of the app's tables would. */
  forget(userId: string): Promise<void>;
  close(): Promise<void>;
}

export function newKey(): KeyPair {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { alg: 'ES256', privateKey };
}

export async function createWorld(sessions: SessionsOn): Promise<World> {
  const database = await createDatabase();
  const db = new pg.Pool({ connectionString: database.url, max: 1 });
  for (const statement of await migration()) await db.query(statement);
  const redis = createClient({ url: REDIS_URL });
  redis.on('error', () => {});
  await redis.connect();
  const prefix = `system-${randomUUID()}`;
  const settings: WorkerSettings = {
    postgres: database.url,
    redis: REDIS_URL,
    prefix,
    sessions,
    keys: [newKey()],
    refreshSecret: randomBytes(32).toString('base64url'),
    throttle: { account: { points: 1000, duration: 900 }, address: { points: 1000, duration: 900 } },
  };
  const keysOf = async (pattern: string) => {
    const found = new Set<string>();
    const match = { MATCH: `{${prefix}}:${pattern}`, COUNT: 1000 };
    for await (const keys of redis.scanIterator(match)) for (const key of keys) found.add(key);
    return [...found];
  };

  const inPostgres = async (userId: string): Promise<StoredSession[]> => {
    const sql = 'SELECT id, generation FROM auth_sessions WHERE user_id = $1 AND revoked_at IS NULL';
    return (await db.query(sql, [userId])).rows;
  };
  const rowsInRedis = async (userId: string) => {
    const found = (await keysOf('session:*')).map(async (key) => ({ ...(await redis.hGetAll(key)), key }));
    return ((await Promise.all(found)) as unknown as Record<string, string>[]).filter((row) => row.userId === userId);
  };
  const inRedis = async (userId: string): Promise<StoredSession[]> => {
    return (await rowsInRedis(userId))
      .filter((row) => row.revokedAt === undefined)
      .map(({ key = '', generation }) => ({ id: key.slice(-36), generation: Number(generation) }));
  };

  return {
    settings,
    live: sessions === 'postgres' ? inPostgres : inRedis,
    forget: async (userId) => {
      if (sessions === 'postgres') await db.query('DELETE FROM auth_sessions WHERE user_id = $1', [userId]);
      else for (const { key = '' } of await rowsInRedis(userId)) await redis.del(key);
    },
    close: async () => {
      const keys = await keysOf('*');
      if (keys.length > 0) await redis.del(keys);
      redis.destroy();
      await db.end();
      await database.drop();
    },
  };
}
