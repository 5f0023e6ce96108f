import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { MARIADB_URL, onMariadb, onPostgres, POSTGRES_URL } from './servers.js';

export interface Database {
  readonly url: string;
  drop(): Promise<void>;
}

const newName = () => `nest_auth_system_${randomUUID().replaceAll('-', '')}`;

/** A new, empty database of its own name. */
export async function createDatabase(): Promise<Database> {
  const name = newName();
  await onPostgres(`CREATE DATABASE ${name}`);
  const url = new URL(POSTGRES_URL);
  url.pathname = name;
  const drop = `DROP DATABASE ${name}`;
  // PostgreSQL waits for connections that are closing; terminating one would be an error in this process. A stopped
  // worker keeps its connections: those are terminated.
  return { url: url.href, drop: () => onPostgres(drop).catch(() => onPostgres(`${drop} WITH (FORCE)`)) };
}

/** The same on MariaDB. */
export async function createMariadb(): Promise<Database> {
  const name = newName();
  await onMariadb(`CREATE DATABASE ${name}`);
  const url = new URL(MARIADB_URL);
  url.pathname = name;
  return { url: url.href, drop: () => onMariadb(`DROP DATABASE ${name}`) };
}

/** The statements of the migration that the adapter ships. */
export async function migration(server: 'postgres' | 'mariadb' = 'postgres'): Promise<string[]> {
  const file = createRequire(import.meta.url).resolve(`@acme/nest-auth-typeorm/migrations/${server}.sql`);
  const sql = await readFile(file, 'utf8');
  return sql.split(/;$/m).filter((statement) => statement.trim() !== '');
}
