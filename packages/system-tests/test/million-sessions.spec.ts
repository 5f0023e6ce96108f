import { randomUUID } from 'node:crypto';
import type { SessionRecord } from '@acme/nest-auth';
import { authEntities, type TypeOrmSessionStore, typeOrmStores } from '@acme/nest-auth-typeorm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DataSource, type Logger } from 'typeorm';
import { createDatabase, migration } from '../src/database.js';
import { haveServers } from '../src/servers.js';

const SESSIONS = 1_000_000;
const USERS = 100_000;
/** Half a year of logins; one in a thousand revoked within the last days, a few past their end. */
const FILL = `
  INSERT INTO auth_sessions
  SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'user-' || n % ${USERS}, repeat('x', 43),
         n % 500, born, least(born + interval '40 days', now()), now() + interval '30 days' - n % 86400 * interval '1 s',
         born + interval '181 days', CASE WHEN n % 1000 = 0 THEN now() - n % 259200 * interval '1 s' END,
         'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', '192.0.2.1'
  FROM generate_series(1, ${SESSIONS}) AS n, LATERAL (SELECT now() - n * interval '15.7 s' AS born) AS birth`;

const ID = '00000000-0000-4000-8000-0000000f0000';
const USER = 'user-4711';
const HOUR = 3_600_000;

interface Statement {
  readonly sql: string;
  readonly parameters: unknown[];
}

/** What TypeORM hands to the driver. */
class Statements implements Logger {
  seen: Statement[] = [];
  logQuery(sql: string, parameters: unknown[] = []): void {
    this.seen.push({ sql, parameters });
  }
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

const now = Date.now();
const newSession = (): SessionRecord => ({
  id: randomUUID(),
  userId: USER,
  secretHash: 'x'.repeat(43),
  generation: 0,
  createdAt: new Date(now),
  rotatedAt: new Date(now),
  expiresAt: new Date(now + HOUR),
  absoluteExpiresAt: new Date(now + HOUR),
  revokedAt: null,
  userAgent: null,
  ip: null,
});

/** Every operation, as the library calls it; and the index that it should be found by. */
const OPERATIONS: [string, string | null, (store: TypeOrmSessionStore) => Promise<unknown>][] = [
  ['create', null, (store) => store.create(newSession())],
  ['find', 'auth_sessions_pkey', (store) => store.find(ID)],
  ['advance, won', 'auth_sessions_pkey', (store) => store.advance(ID, 0xf0000 % 500, new Date(), new Date(now + HOUR))],
  ['advance, lost', 'auth_sessions_pkey', (store) => store.advance(ID, 1000, new Date(), new Date(now + HOUR))],
  ['revoke', 'auth_sessions_pkey', (store) => store.revoke(ID)],
  ['revokeAll', 'auth_sessions_user', (store) => store.revokeAll(USER)],
  ['revokeAll but one', 'auth_sessions_user', (store) => store.revokeAll(USER, ID)],
  ['listActive', 'auth_sessions_user', (store) => store.listActive(USER)],
  ['deleteExpired', 'auth_sessions_end', (store) => store.deleteExpired(new Date())],
  ['revokedSince, at a poll', 'auth_sessions_revoked', (store) => store.revokedSince(new Date(now - 60_000))],
  ['revokedSince, at boot', 'auth_sessions_revoked', (store) => store.revokedSince(new Date(now - 24 * HOUR))],
];

const ready = await haveServers('PostgreSQL');
const stories = ready ? describe : describe.skip;

stories('a million sessions in PostgreSQL', () => {
  const statements = new Statements();
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let db: DataSource;
  let store: TypeOrmSessionStore;

  beforeAll(async () => {
    database = await createDatabase();
    const entities = [...authEntities('postgres')];
    const options = { url: database.url, entities, installExtensions: false, poolSize: 1, logger: statements };
    db = await new DataSource({ type: 'postgres', ...options }).initialize();
    const schema = await migration();
    const isIndex = (statement: string) => /CREATE (UNIQUE )?INDEX/.test(statement);
    // The indexes last, and no log: what is measured is the plans, not how the rows got there.
    for (const statement of schema.filter((one) => !isIndex(one))) await db.query(statement);
    await db.query('ALTER TABLE auth_sessions SET UNLOGGED');
    await db.query(FILL);
    for (const statement of schema.filter(isIndex)) await db.query(statement);
    await db.query('ANALYZE auth_sessions');
    store = typeOrmStores(db).sessionStore;
  }, 600_000);
  afterAll(async () => {
    await db?.destroy();
    await database?.drop();
  });

  async function plansOf(work: () => Promise<unknown>): Promise<Plan[]> {
    statements.seen = [];
    // Undone, so that the order of the operations does not matter.
    await db.query('BEGIN');
    await work();
    await db.query('ROLLBACK');
    const sent = statements.seen.filter(({ sql }) => sql.includes('auth_sessions'));
    expect(sent.length).toBeGreaterThan(0);
    const plans = sent.map(async ({ sql, parameters }) => {
      const [row] = await db.query(`EXPLAIN (FORMAT JSON) ${sql}`, parameters);
      return nodesOf(row['QUERY PLAN'][0].Plan);
    });
    return (await Promise.all(plans)).flat();
  }

  test('are there', async () => {
    const [{ rows }] = await db.query('SELECT count(*)::int AS rows FROM auth_sessions');
    expect(rows).toBe(SESSIONS);
  });

  test.each(OPERATIONS)('%s never reads the table from end to end', async (_, index, work) => {
    const nodes = await plansOf(() => work(store));
    expect(nodes.filter((node) => /Seq Scan/.test(node['Node Type']))).toEqual([]);
    const indexes = new Set(nodes.flatMap((node) => node['Index Name'] ?? []));
    expect([...indexes]).toEqual(index ? [index] : []);
  });

  test('a scan would be noticed', async () => {
    const nodes = await plansOf(() => db.query("SELECT 1 FROM auth_sessions WHERE ip = '192.0.2.2'"));
    expect(nodes.some((node) => /Seq Scan/.test(node['Node Type']))).toBe(true);
  });

  test('are rotated in place: every update is HOT, and none grows an index', async () => {
    const read = async () => {
      // In this connection, which did the updates; otherwise they are counted within a second or so.
      await db.query('SELECT pg_stat_force_next_flush()');
      const columns = 'n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot';
      const [row] = await db.query(`SELECT ${columns} FROM pg_stat_user_tables WHERE relname = 'auth_sessions'`);
      return row as { updates: number; hot: number };
    };
    const before = await read();
    for (let device = 1; device <= 20; device++) {
      const id = `00000000-0000-4000-8000-${device.toString(16).padStart(12, '0')}`;
      for (let turn = 0; turn < 5; turn++) {
        const answer = await store.advance(id, (device % 500) + turn, new Date(), new Date(now + HOUR));
        expect(answer?.won).toBe(true);
      }
    }
    const after = await read();
    expect({ updates: after.updates - before.updates, hot: after.hot - before.hot }).toEqual({
      updates: 100,
      hot: 100,
    });
  });
});
