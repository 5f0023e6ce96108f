import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditRecord, type AuditSink, auditLog, auditTable } from '@acme/nest-auth/audit-log';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { signUp, startApp } from '../support/app.js';
import { runDocumented } from '../support/documented.js';
import { FakeHasher } from '../support/fake-hasher.js';

const PAGE = 'docs/guides/audit-log.md';
const guide = readFileSync(join(import.meta.dirname, '../../../..', PAGE), 'utf8');
const server = process.env.POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/test';

const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: 2000 });
const reachable = await client.connect().then(
  () => true,
  () => false,
);
if (!reachable && process.env.CI) throw new Error('PostgreSQL is not reachable; set POSTGRES_URL');
afterAll(() => client.end());

interface Documented {
  readonly pool: pg.Pool;
  readonly sink: AuditSink;
  up(): Promise<void>;
}

/** The records of a registration. */
async function registrationIn(sink: AuditSink): Promise<void> {
  const app = await startApp({
    features: [auditLog()],
    options: { password: { hasher: new FakeHasher(2) }, auditLog: { sink } },
  });
  await signUp(app);
  await app.close();
}

test('the line of the audit guide has the fields of a record, in their order', async () => {
  const records: AuditRecord[] = [];
  await registrationIn({ write: async (some) => void records.push(...some) });
  const [, line = ''] = /```json\n(.*)\n```/.exec(guide) ?? [];
  expect(Object.keys(JSON.parse(line))).toEqual(Object.keys(records[1] ?? {}));
});

test('the table of the audit guide is what auditTable makes', () => {
  const [, shown = ''] = /```sql\n([\s\S]*?)```/.exec(guide) ?? [];
  expect(shown).toBe(
    auditTable('postgres')
      .map((statement) => `${statement};\n`)
      .join('\n'),
  );
});

(reachable ? describe : describe.skip)('on PostgreSQL (POSTGRES_URL), the sink of the audit guide', () => {
  const schema = `audit_${randomUUID().replaceAll('-', '')}`;
  let page: Documented;
  beforeAll(async () => {
    await client.query(`CREATE SCHEMA ${schema}`);
    const url = new URL(server);
    url.searchParams.set('options', `-c search_path=${schema}`);
    process.env.AUDIT_DATABASE_URL = url.href;
    page = await runDocumented<Documented>(PAGE, 'sqlSink({');
    delete process.env.AUDIT_DATABASE_URL;
    await page.up();
  });
  afterAll(async () => {
    await page?.pool.end();
    await client.query(`DROP SCHEMA ${schema} CASCADE`);
  });

  test('keeps each record once, though its connection breaks behind every second write', async () => {
    let writes = 0;
    await registrationIn({
      write: async (records) => {
        await page.sink.write(records);
        if (writes++ % 2 === 0) throw new Error('the answer was lost');
      },
    });
    const { rows } = await page.pool.query('SELECT sequence, event, ip FROM auth_audit ORDER BY at, source, sequence');
    expect(writes).toBeGreaterThan(1);
    expect(rows).toEqual([
      { sequence: '1', event: 'registered', ip: '127.0.0.1' },
      { sequence: '2', event: 'logged_in', ip: '127.0.0.1' },
    ]);
  });
});
