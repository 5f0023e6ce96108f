import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { DataSource, type DataSourceOptions, type EntitySchema, type Logger } from 'typeorm';
import { PGliteDriver } from 'typeorm-pglite';

const POSTGRES = process.env.POSTGRES_URL ?? 'postgres://root@127.0.0.1:5432/postgres';
const MARIADB = process.env.MARIADB_URL ?? 'mysql://root@127.0.0.1:3306';

export interface Server {
  readonly name: string;
  readonly migration: 'postgres' | 'mariadb' | 'sqlite';
  readonly options: (database: string) => DataSourceOptions;
  /** Runs a statement outside the test's database; absent if the database is in memory. */
  readonly admin?: (sql: string) => Promise<unknown>;
}

const SERVERS: readonly Server[] = [
  {
    name: 'PostgreSQL',
    migration: 'postgres',
    options: (database) => ({ type: 'postgres', url: urlOf(POSTGRES, database), installExtensions: false }),
    admin: async (sql) => {
      const client = new pg.Client({ connectionString: POSTGRES, connectionTimeoutMillis: 2000 });
      await client.connect();
      return client.query(sql).finally(() => client.end());
    },
  },
  {
    name: 'PGlite',
    migration: 'postgres',
    options: () => ({ type: 'postgres', driver: new PGliteDriver().driver, installExtensions: false }),
  },
  {
    name: 'MariaDB',
    migration: 'mariadb',
    options: (database) => ({ type: 'mariadb', url: urlOf(MARIADB, database) }),
    admin: onMariadb,
  },
  {
    // The adapter's way on MySQL, which has no RETURNING at all.
    name: 'MariaDB, taken for MySQL',
    migration: 'mariadb',
    options: (database) => ({ type: 'mysql', url: urlOf(MARIADB, database) }),
    admin: onMariadb,
  },
  { name: 'sql.js', migration: 'sqlite', options: () => ({ type: 'sqljs' }) },
];

/** Collects the statements that reach the driver. */
export class Statements implements Logger {
  seen: string[] = [];
  logQuery(query: string): void {
    this.seen.push(query);
  }
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}

export interface Suite {
  readonly entities: (server: Server) => readonly EntitySchema<unknown>[];
  /** `migration`: the committed file. `synchronize`: the schema that TypeORM makes from the entities. */
  readonly schema: 'migration' | 'synchronize';
  readonly tests: (current: () => DataSource, statements: Statements, server: Server) => void;
}

/**
 * Describes tests on each server, in a new database of their own. A server that cannot be reached is skipped by name,
 * and fails with `CI` set.
 */
export async function onEachServer({ entities, schema, tests }: Suite): Promise<void> {
  for (const server of SERVERS) {
    const reachable = !server.admin || process.env.CI || (await server.admin('SELECT 1').catch(() => null));
    if (!reachable) {
      test.skip(`${server.name} is not reachable`, () => undefined);
      continue;
    }
    describe(server.name, () => {
      const database = `nest_auth_typeorm_${randomUUID().replaceAll('-', '')}`;
      const logger = new Statements();
      let db: DataSource | undefined;
      beforeAll(async () => {
        await server.admin?.(`CREATE DATABASE ${database}`);
        const options = { ...server.options(database), entities: [...entities(server)], logger } as DataSourceOptions;
        db = await new DataSource(options).initialize();
        if (schema === 'synchronize') await db.synchronize();
        else for (const statement of await migration(server)) await db.query(statement);
      });
      afterAll(async () => {
        await db?.destroy();
        await server.admin?.(`DROP DATABASE ${database}`);
      });
      tests(() => db as DataSource, logger, server);
    });
  }
}

async function migration(server: Server): Promise<string[]> {
  const sql = await readFile(new URL(`../migrations/${server.migration}.sql`, import.meta.url), 'utf8');
  return sql.split(/;$/m).filter((statement) => statement.trim() !== '');
}

async function onMariadb(sql: string): Promise<unknown> {
  const client = await createConnection({ uri: MARIADB, connectTimeout: 2000 });
  return client.query(sql).finally(() => client.end());
}

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = database;
  return url.href;
}
