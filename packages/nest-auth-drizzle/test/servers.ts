import { connect } from 'node:net';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { openLibsql, openMariadb, openPglite, openPostgres, type Subject } from './databases.js';

export const postgresUrl = process.env.POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
export const mariadbUrl = process.env.MARIADB_URL ?? 'mysql://root@127.0.0.1:3306';

type Dialect = 'pg' | 'mysql' | 'sqlite';

interface Database {
  readonly name: string;
  readonly dialect: Dialect;
  readonly open: () => Promise<Subject>;
  /** Of the server, where there is one. */
  readonly url?: string;
}

const DATABASES: readonly Database[] = [
  { name: 'PostgreSQL (node-postgres)', dialect: 'pg', open: openPostgres, url: postgresUrl },
  { name: 'PGlite', dialect: 'pg', open: openPglite },
  { name: 'MariaDB (mysql2)', dialect: 'mysql', open: openMariadb, url: mariadbUrl },
  { name: 'SQLite (libsql)', dialect: 'sqlite', open: openLibsql },
];

/** Runs a suite on each database; on a server that is not there it is skipped by name, and with `CI` set it fails. */
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

function isReachable(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 2000 });
    const answer = (reachable: boolean) => () => {
      socket.destroy();
      resolve(reachable);
    };
    socket.once('connect', answer(true)).once('timeout', answer(false)).once('error', answer(false));
  });
}
