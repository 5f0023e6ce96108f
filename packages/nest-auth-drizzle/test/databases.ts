import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuthUser } from '@acme/nest-auth';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { createClient } from '@libsql/client';
import { drizzle as drizzleLibsql } from 'drizzle-orm/libsql';
import { drizzle as drizzleMysql } from 'drizzle-orm/mysql2';
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import mysql from 'mysql2/promise';
import pg from 'pg';
import * as onMysql from '../src/mysql/index.js';
import * as onPg from '../src/pg/index.js';
import * as onSqlite from '../src/sqlite/index.js';
import type { DrizzleStores } from '../src/stores.js';
import { isReachable, mariadbUrl, postgresUrl } from './servers.js';
import { members, people } from './tables.js';

/** A database with the committed schema, and also a team's own users table with numeric ids. */
export interface Subject {
  readonly stores: DrizzleStores<AuthUser>;
  /** Over the table `members`: a numeric id, a `nickname` from the registration, a unique `badge`. */
  readonly own: DrizzleStores<
    AuthUser & { readonly row: { readonly nickname: string | null; readonly badge: string | null } }
  >;
  /** Over the table `people`: one role, a flag, logins from before in a column of a loose collation. */
  readonly people: DrizzleStores<AuthUser>;
  readonly run: (sql: string) => Promise<unknown>;
  /** The statements of a rotation that wins: MariaDB has no `UPDATE … RETURNING`. */
  readonly rotation: readonly string[];
  /** The statements that were sent. */
  readonly statements: string[];
  readonly close: () => Promise<void>;
}

const migration = (name: string): string => readFileSync(new URL(`../migrations/${name}.sql`, import.meta.url), 'utf8');

const record = (statements: string[]) => ({ logQuery: (statement: string) => void statements.push(statement) });

const ofMembers = {
  id: 'memberNo',
  login: 'email',
  locale: 'nickname',
  passwordHash: 'secret',
  logins: 'mixed-case',
} as const;
const ofPeople = {
  login: 'email',
  passwordHash: 'password',
  role: 'role',
  isActive: 'isActive',
  emailVerifiedAt: 'confirmedAt',
  logins: 'mixed-case',
} as const;

/** The function of an app: it keeps the fields that it knows, checked. It must drop `roles` and `unknown`. */
const profile = ({ nickname, badge }: Readonly<Record<string, unknown>>) => ({
  nickname: typeof nickname === 'string' ? nickname : null,
  badge: typeof badge === 'string' ? badge : null,
  ...{ roles: ['admin'], email: 'stolen', memberNo: 1, unknown: 'x' },
});

async function openPostgres(): Promise<Subject> {
  const name = `nest_auth_drizzle_${randomUUID().replaceAll('-', '')}`;
  const admin = new pg.Client(postgresUrl);
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(postgresUrl);
  url.pathname = name;
  // Not UTC, and its offset is not a whole number of hours.
  const pool = new pg.Pool({ connectionString: url.href, max: 10, options: '-c TimeZone=Asia/Kathmandu' });
  await pool.query(migration('postgres'));
  await pool.query(members.postgres);
  await pool.query(people.postgres);
  const statements: string[] = [];
  const db = drizzlePg(pool, { logger: record(statements) });
  return {
    stores: onPg.drizzleStores(db),
    own: onPg.drizzleStores(db, { namedStatements: true, user: { table: members.pgTable, ...ofMembers, profile } }),
    people: onPg.drizzleStores(db, { user: { table: people.pgTable, ...ofPeople } }),
    run: (sql) => pool.query(sql),
    rotation: ['update'],
    statements,
    close: async () => {
      await pool.end();
      // Not by force: the pool's end does not wait for its sockets, and a terminated socket would fail the test that
      // runs then.
      await admin.query(`DROP DATABASE ${name}`);
      await admin.end();
    },
  };
}

async function openPglite(): Promise<Subject> {
  const client = new PGlite();
  await client.exec(migration('postgres'));
  await client.exec(members.postgres);
  await client.exec(people.postgres);
  const statements: string[] = [];
  const db = drizzlePglite(client, { logger: record(statements) });
  return {
    stores: onPg.drizzleStores(db),
    own: onPg.drizzleStores(db, { user: { table: members.pgTable, ...ofMembers, profile } }),
    people: onPg.drizzleStores(db, { user: { table: people.pgTable, ...ofPeople } }),
    run: (sql) => client.exec(sql),
    rotation: ['update'],
    statements,
    close: () => client.close(),
  };
}

async function openMariadb(): Promise<Subject> {
  const name = `nest_auth_drizzle_${randomUUID().replaceAll('-', '')}`;
  const admin = await mysql.createConnection({ uri: mariadbUrl, multipleStatements: true });
  // A collation that treats é and e as equal, like the default of many servers.
  await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci; USE ${name}`);
  await admin.query(migration('mariadb'));
  await admin.query(members.mariadb);
  await admin.query(people.mariadb);
  const url = new URL(mariadbUrl);
  url.pathname = name;
  const pool = mysql.createPool({ uri: url.href, connectionLimit: 10, timezone: '+05:45' });
  const statements: string[] = [];
  const db = drizzleMysql(pool, { logger: record(statements) });
  return {
    stores: onMysql.drizzleStores(db),
    own: onMysql.drizzleStores(db, { user: { table: members.mysqlTable, ...ofMembers, profile } }),
    people: onMysql.drizzleStores(db, { user: { table: people.mysqlTable, ...ofPeople } }),
    run: (sql) => pool.query(sql),
    rotation: ['update', 'select'],
    statements,
    close: async () => {
      await pool.end();
      await admin.query(`DROP DATABASE ${name}`);
      await admin.end();
    },
  };
}

async function openLibsql(): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'nest-auth-drizzle-'));
  const client = createClient({ url: `file:${join(folder, 'auth.db')}` });
  await client.executeMultiple(migration('sqlite'));
  await client.executeMultiple(members.sqlite);
  await client.executeMultiple(people.sqlite);
  const statements: string[] = [];
  const db = drizzleLibsql(client, { logger: record(statements) });
  return {
    stores: onSqlite.drizzleStores(db),
    own: onSqlite.drizzleStores(db, { user: { table: members.sqliteTable, ...ofMembers, profile } }),
    people: onSqlite.drizzleStores(db, { user: { table: people.sqliteTable, ...ofPeople } }),
    run: (sql) => client.execute(sql),
    rotation: ['update'],
    statements,
    close: async () => {
      client.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Dialect = 'pg' | 'mysql' | 'sqlite';

interface Database {
  readonly name: string;
  readonly dialect: Dialect;
  readonly open: () => Promise<Subject>;
  /** The URL of the server, if there is one. */
  readonly url?: string;
}

const DATABASES: readonly Database[] = [
  { name: 'PostgreSQL (node-postgres)', dialect: 'pg', open: openPostgres, url: postgresUrl },
  { name: 'PGlite', dialect: 'pg', open: openPglite },
  { name: 'MariaDB (mysql2)', dialect: 'mysql', open: openMariadb, url: mariadbUrl },
  { name: 'SQLite (libsql)', dialect: 'sqlite', open: openLibsql },
];

/** Runs a suite on each database. If a server is missing, the suite is skipped by name, and fails with `CI` set. */
export async function onEachDatabase(suite: (subject: () => Subject, dialect: Dialect) => void): Promise<void> {
  for (const { name, dialect, open, url } of DATABASES) {
    if (url && !(await isReachable(url))) {
      const missing = `${name} is not reachable`;
      if (process.env.CI) {
        test(name, () => {
          throw new Error(missing);
        });
      } else test.skip(missing, () => undefined);
      continue;
    }
    describe(name, () => {
      let subject: Subject;
      beforeAll(async () => {
        subject = await open();
      });
      afterAll(() => subject?.close());
      suite(() => subject, dialect);
    });
  }
}
