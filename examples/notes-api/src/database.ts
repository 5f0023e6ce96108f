import { join } from 'node:path';
import { authEntities } from '@acme/nest-auth-typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { PGliteDriver } from 'typeorm-pglite';
import { claimDatabase, dataDirectory } from './data-directory.js';
import { Initial1760000000000 } from './migrations/initial.js';
import { VerifiedAddresses1764000000000 } from './migrations/verified-addresses.js';
import { Note } from './notes/note.entity.js';
import { User } from './users/user.entity.js';

/** PostgreSQL at DATABASE_URL, or PGlite, which is PostgreSQL inside this process, on disk. */
export function databaseOptions(): DataSourceOptions {
  return {
    ...connection(process.env.DATABASE_URL),
    type: 'postgres',
    entities: [User, Note, ...authEntities('postgres', { users: false })],
    migrations: [Initial1760000000000, VerifiedAddresses1764000000000],
    uuidExtension: 'pgcrypto', // gen_random_uuid(), which no longer needs an extension
    installExtensions: false,
  };
}

function connection(url: string | undefined) {
  // The timeout of the database is shorter than the library's (`storeTimeout`, 5 s).
  if (url) return { url, extra: { connectionTimeoutMillis: 3000, statement_timeout: 4000 } };
  const directory = dataDirectory();
  claimDatabase(directory);
  return { driver: new PGliteDriver({ dataDir: join(directory, 'pglite') }).driver };
}

/** Connects, and brings the schema up to date. */
export async function openDatabase(options: DataSourceOptions): Promise<DataSource> {
  const db = await new DataSource(options).initialize();
  try {
    await migrate(db);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

const MIGRATIONS = 1_207_394_751; // any number that nobody else locks

/** Of several processes that start at once, one migrates while the others wait. */
async function migrate(db: DataSource): Promise<void> {
  const runner = db.createQueryRunner();
  try {
    await runner.query('SET statement_timeout = 0');
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATIONS]);
    await db.runMigrations();
  } finally {
    await runner.query('SELECT pg_advisory_unlock_all()');
    await runner.query('RESET statement_timeout');
    await runner.release();
  }
}
