import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createClient } from 'redis';

const { POSTGRES_URL = 'postgres://postgres@127.0.0.1:5432/postgres', REDIS_URL = 'redis://127.0.0.1:6379' } =
  process.env;

/** A variable that is undefined here is removed. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Environment without other servers: the app uses its own, at any port. */
const WITHOUT_SERVERS = {
  DATABASE_URL: undefined,
  REDIS_URL: undefined,
  ACME_ID_ISSUER: undefined,
  ACME_ID_PORT: '0',
};

export interface Place {
  readonly environment: Environment;
  cleanUp(): Promise<void>;
}

/** A data directory of its own, for the embedded database. */
export async function embedded(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'notes-api-'));
  return {
    environment: { ...WITHOUT_SERVERS, DATA_DIR: directory },
    cleanUp: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A database, a prefix in Redis and a data directory of its own. */
export async function onServers(): Promise<Place> {
  const database = `notes_api_${randomUUID().replaceAll('-', '')}`;
  await onPostgres(`CREATE DATABASE ${database}`);
  const { environment, cleanUp } = await embedded();
  const url = new URL(POSTGRES_URL);
  url.pathname = database;
  return {
    environment: { ...environment, DATABASE_URL: url.href, REDIS_URL, REDIS_PREFIX: database },
    async cleanUp() {
      await onPostgres(`DROP DATABASE ${database} WITH (FORCE)`);
      await onRedis(async (client) => {
        for await (const keys of client.scanIterator({ MATCH: `{${database}}:*` })) {
          if (keys.length > 0) await client.del(keys);
        }
      });
      await cleanUp();
    },
  };
}

/** The reason why `onServers` is not available; null if it is. */
export async function unreachable(): Promise<string | null> {
  try {
    await onPostgres('SELECT 1');
  } catch {
    return 'PostgreSQL is not reachable (POSTGRES_URL)';
  }
  try {
    await onRedis((client) => client.ping());
    return null;
  } catch {
    return 'Redis is not reachable (REDIS_URL)';
  }
}

async function onPostgres(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: POSTGRES_URL, connectionTimeoutMillis: 2000 });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

function clientOf() {
  const client = createClient({ url: REDIS_URL, socket: { connectTimeout: 2000, reconnectStrategy: false } });
  return client.on('error', () => {});
}

async function onRedis(work: (client: ReturnType<typeof clientOf>) => Promise<unknown>): Promise<void> {
  const client = clientOf();
  await client.connect();
  await work(client).finally(() => client.close());
}
