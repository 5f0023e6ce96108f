import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { onPostgres, POSTGRES_URL } from './servers.js';

/** A new, empty database of its own name. */
export async function createDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `nest_auth_system_${randomUUID().replaceAll('-', '')}`;
  await onPostgres(`CREATE DATABASE ${name}`);
  const url = new URL(POSTGRES_URL);
  url.pathname = name;
  const drop = `DROP DATABASE ${name}`;
  // PostgreSQL waits for connections that are closing; to cut one would be an error in this process. A worker that was
  // stopped keeps its own: those are cut.
  return { url: url.href, drop: () => onPostgres(drop).catch(() => onPostgres(`${drop} WITH (FORCE)`)) };
}

/** The statements of the migration that the adapter ships. */
export async function migration(): Promise<string[]> {
  const file = createRequire(import.meta.url).resolve('@acme/nest-auth-typeorm/migrations/postgres.sql');
  const sql = await readFile(file, 'utf8');
  return sql.split(/;$/m).filter((statement) => statement.trim() !== '');
}
