import { randomUUID } from 'node:crypto';
import { type AuditRecord, auditTable, sqlSink } from '@acme/nest-auth/audit-log';
import { beforeAll, expect, test } from '@jest/globals';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { onEachServer } from './servers.js';

const SOURCE = randomUUID();

function record(sequence: number, changes: Partial<AuditRecord> = {}): AuditRecord {
  return {
    id: randomUUID(),
    at: '2030-11-03T05:30:00.123Z',
    source: SOURCE,
    sequence,
    event: 'logged_in',
    userId: 'ann',
    sessionId: null,
    login: null,
    ip: '192.0.2.7',
    userAgent: null,
    details: { generation: 7, reason: null, isNew: true },
    ...changes,
  };
}

await onEachServer({
  entities: () => [],
  schema: 'synchronize',
  tests: (current, _, { migration, admin }) => {
    const dialect = migration === 'mariadb' ? 'mysql' : migration;
    const sink = sqlSink({ dialect, query: (statement, parameters) => current().query(statement, parameters) });
    /** The rows, with times as text and details as an object, whatever the driver returns. */
    const rows = async (): Promise<Record<string, unknown>[]> => {
      const time = {
        postgres: `to_char("at" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')`,
        mysql: 'CAST(`at` AS CHAR)',
        sqlite: '"at"',
      };
      const found: Record<string, unknown>[] = await current().query(
        `SELECT *, ${time[dialect]} AS time FROM auth_audit ORDER BY sequence`,
      );
      return found.map(({ details, at, ...row }) => ({
        ...row,
        sequence: Number(row.sequence),
        details: typeof details === 'string' ? JSON.parse(details) : details,
      }));
    };

    beforeAll(async () => {
      for (const statement of auditTable(dialect)) await current().query(statement);
    });

    test('the SQL sink of the audit log writes each record as a row, with its time in UTC', async () => {
      const [one, two] = [record(1), record(2, { details: {}, userAgent: 'Firefox' })];
      await sink.write([one, two]);
      const shown = ({ id, event, userId, sessionId, login, ip, userAgent, details, sequence }: AuditRecord) => ({
        id,
        source: SOURCE,
        sequence,
        event,
        user_id: userId,
        session_id: sessionId,
        login,
        ip,
        user_agent: userAgent,
        details,
        time: dialect === 'sqlite' ? one.at : '2030-11-03 05:30:00.123',
      });
      expect(await rows()).toEqual([shown(one), shown(two)]);
    });

    test('the SQL sink of the audit log writes a record once, however often it comes', async () => {
      const before = (await rows()).length;
      const batch = Array.from({ length: 1000 }, (_, n) => record(100 + n));
      await sink.write(batch.slice(0, 600));
      await sink.write(batch);
      await sink.write(batch);
      expect((await rows()).length - before).toBe(1000);
    });

    test('the SQL sink of the audit log has nothing to do without a record', async () => {
      await sink.write([]);
    });

    test('the SQL sink of the audit log takes every text as a value', async () => {
      const text = `'); DROP TABLE auth_audit; --"\`\\' $1 ? \u{1f600} é \ufffd`;
      await sink.write([
        record(5000, { login: text, userAgent: text.padEnd(256, '\u{1f600}').slice(0, 256), details: { text } }),
      ]);
      const found = (await rows()).at(-1);
      expect(found).toMatchObject({ login: text, details: { text } });
    });

    // The databases in memory have no users.
    if (admin)
      test('the SQL sink of the audit log needs a user that can add rows, and neither read nor remove them', async () => {
        const user = `audit_${randomUUID().slice(0, 8)}`;
        const [create, grant, drop] =
          dialect === 'postgres'
            ? [`CREATE ROLE ${user} LOGIN`, `GRANT INSERT ON auth_audit TO ${user}`, `DROP OWNED BY ${user}`]
            : [`CREATE USER ${user}`, `GRANT INSERT, UPDATE, SELECT (id) ON auth_audit TO ${user}`, 'SELECT 1'];
        for (const statement of [create, grant]) await current().query(statement);
        const options = current().options as DataSourceOptions & { readonly url: string };
        const url = new URL(options.url);
        url.username = user;
        const db = await new DataSource({ ...options, url: url.href } as DataSourceOptions).initialize();
        try {
          const limited = sqlSink({ dialect, query: (statement, parameters) => db.query(statement, parameters) });
          const one = record(5500);
          for (let time = 0; time < 2; time++) await limited.write([one]);
          expect((await rows()).filter(({ id }) => id === one.id)).toHaveLength(1);
          const changes = dialect === 'postgres' ? ["UPDATE auth_audit SET event = 'x'"] : [];
          for (const refused of ['SELECT event FROM auth_audit', 'DELETE FROM auth_audit', ...changes])
            await expect(db.query(refused)).rejects.toThrow(/denied/);
        } finally {
          await db.destroy();
          for (const statement of [drop, `DROP ${dialect === 'postgres' ? 'ROLE' : 'USER'} ${user}`])
            await current().query(statement);
        }
      });

    test('the SQL sink of the audit log rejects if a record cannot be kept', async () => {
      await expect(sink.write([record(6000, { event: null as never })])).rejects.toThrow();
      const elsewhere = sqlSink({
        dialect,
        table: 'not_there',
        query: (statement, parameters) => current().query(statement, parameters),
      });
      await expect(elsewhere.write([record(6001)])).rejects.toThrow();
    });
  },
});
