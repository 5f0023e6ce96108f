import { randomUUID } from 'node:crypto';
import type { SessionRecord } from '@acme/nest-auth';
import { authEntities, type TypeOrmSessionStore, typeOrmStores } from '@acme/nest-auth-typeorm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DataSource, type Logger } from 'typeorm';
import { createDatabase, migration } from '../src/database.js';
import { haveServers } from '../src/servers.js';

const SESSIONS = 1_000_000;
const USERS = 100_000;
/** Logins of half a year. One in a thousand was revoked within the last days, and a few have expired. */
const FILL = `
  INSERT INTO auth_sessions
  SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'user-' || n % ${USERS}, repeat('x', 43),
         n % 500, born, least(born + interval '40 days', now()), now() + interval '30 days' - n % 86400 * interval '1 s',
         born + interval '181 days', CASE WHEN n % 1000 = 0 THEN now() - n % 259200 * interval '1 s' END,
         'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', '192.0.2.1', 'pwd', born, true, NULL
  FROM generate_series(1, ${SESSIONS}) AS n, LATERAL (SELECT now() - n * interval '15.7 s' AS born) AS birth`;

/** A user who logs in by a script: half of these sessions are dead, also the newest. */
const BUSY = 'busy';
const BUSY_SESSIONS = 50_000;
const FILL_BUSY = `
  INSERT INTO auth_sessions
  SELECT gen_random_uuid(), '${BUSY}', repeat('x', 43), 0, now() - n * interval '1 s', now() - n * interval '1 s',
         now() + interval '30 days', now() + interval '90 days',
         CASE WHEN n <= ${BUSY_SESSIONS / 2} THEN now() - interval '10 days' END, NULL, NULL, 'pwd', now(), true, NULL
  FROM generate_series(1, ${BUSY_SESSIONS}) AS n`;

const ID = '00000000-0000-4000-8000-0000000f0000';
const USER = 'user-4711';
const HOUR = 3_600_000;

interface Statement {
  readonly sql: string;
  readonly parameters: unknown[];
}

/** The statement that TypeORM passes to the driver. */
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
  readonly 'Actual Rows'?: number;
  readonly 'Rows Removed by Filter'?: number;
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
  methods: ['pwd'],
  authenticatedAt: new Date(now),
  remember: true,
  actorId: null,
});

const rotation = (id: string, fromGeneration: number) => ({
  ...{ id, secretHash: 'x'.repeat(43), fromGeneration, now: new Date(), expiresAt: new Date(now + HOUR) },
});
const live = { now: new Date(now) };

/** Every operation, as the library calls it, and the indexes that it should use. */
const OPERATIONS: [string, string, (store: TypeOrmSessionStore) => Promise<unknown>][] = [
  ['create', '', (store) => store.create(newSession())],
  ['find', 'auth_sessions_pkey', (store) => store.find(ID)],
  ['advance, won', 'auth_sessions_pkey', (store) => store.advance(rotation(ID, 0xf0000 % 500))],
  ['advance, lost', 'auth_sessions_pkey', (store) => store.advance(rotation(ID, 1000))],
  ['revoke', 'auth_sessions_pkey', (store) => store.revoke(ID)],
  ['revokeAll', 'auth_sessions_pkey auth_sessions_user_id', (store) => store.revokeAll(USER, { limit: 1000 })],
  [
    'revokeAll but one',
    'auth_sessions_pkey auth_sessions_user_id',
    (store) => store.revokeAll(USER, { limit: 1000, exceptId: ID }),
  ],
  [
    'revokeAll up to one',
    'auth_sessions_pkey auth_sessions_user_id',
    (store) => store.revokeAll(USER, { limit: 1000, upTo: { id: ID, createdAt: new Date(now) } }),
  ],
  ['listActive', 'auth_sessions_user_id', (store) => store.listActive(USER, { ...live, limit: 100 })],
  ['listActive, beyond', 'auth_sessions_user_id', (store) => store.listActive(USER, { ...live, limit: 2, offset: 99 })],
  ['deleteExpired', 'auth_sessions_absolute_expires_at', (store) => store.deleteExpired(new Date())],
  [
    'revokedSince, at a poll',
    'auth_sessions_revoked_at',
    (store) => store.revokedSince(new Date(now - 60_000), { limit: 1000 }),
  ],
  [
    'revokedSince, at boot',
    'auth_sessions_revoked_at',
    (store) => store.revokedSince(new Date(now - 24 * HOUR), { limit: 1000 }),
  ],
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
    // The indexes come last, without a log, because the test measures plans and not inserts.
    for (const statement of schema.filter((one) => !isIndex(one))) await db.query(statement);
    await db.query('ALTER TABLE auth_sessions SET UNLOGGED');
    await db.query(FILL);
    await db.query(FILL_BUSY);
    for (const statement of schema.filter(isIndex)) await db.query(statement);
    await db.query('ANALYZE auth_sessions');
    store = typeOrmStores(db).sessionStore;
  }, 600_000);
  afterAll(async () => {
    await db?.destroy();
    await database?.drop();
  });

  async function plansOf(work: () => Promise<unknown>, options = ''): Promise<Plan[]> {
    statements.seen = [];
    // Rolled back, so that the order of the operations does not matter.
    await db.query('BEGIN');
    await work();
    await db.query('ROLLBACK');
    const sent = statements.seen.filter(({ sql }) => sql.includes('auth_sessions'));
    expect(sent.length).toBeGreaterThan(0);
    const plans: Plan[] = [];
    for (const { sql, parameters } of sent) {
      // Within a transaction that is rolled back, because ANALYZE runs the statement.
      await db.query('BEGIN');
      const [row] = await db.query(`EXPLAIN (${options}FORMAT JSON) ${sql}`, parameters);
      await db.query('ROLLBACK');
      plans.push(...nodesOf(row['QUERY PLAN'][0].Plan));
    }
    return plans;
  }

  test('are there', async () => {
    const [{ rows }] = await db.query('SELECT count(*)::int AS rows FROM auth_sessions');
    expect(rows).toBe(SESSIONS + BUSY_SESSIONS);
  });

  test.each(OPERATIONS)('%s never reads the table from end to end', async (_, index, work) => {
    const nodes = await plansOf(() => work(store));
    expect(nodes.filter((node) => /Seq Scan/.test(node['Node Type']))).toEqual([]);
    const indexes = new Set(nodes.flatMap((node) => node['Index Name'] ?? []));
    expect([...indexes].sort().join(' ')).toBe(index);
  });

  test.each<[string, number, () => Promise<unknown>]>([
    ['a listing', 100, () => store.listActive(BUSY, { ...live, limit: 100 })],
    ['looking for what is beyond', 102, () => store.listActive(BUSY, { ...live, limit: 2, offset: 100 })],
    ['ending a batch', 1000, () => store.revokeAll(BUSY, { limit: 1000 })],
  ])('%s of a user with 50,000 sessions reads no more than it asks for', async (_, limit, work) => {
    const nodes = await plansOf(work, 'ANALYZE, ');
    const scanned = nodes.filter((node) => node['Index Name'] === 'auth_sessions_user_id');
    expect(scanned).toHaveLength(1);
    expect(nodes.filter((node) => /Seq Scan/.test(node['Node Type']))).toEqual([]);
    for (const node of scanned) {
      expect(node['Actual Rows']).toBeLessThanOrEqual(limit);
      // No row is read and discarded: dead sessions are not in the index.
      expect(node['Rows Removed by Filter'] ?? 0).toBe(0);
    }
  });

  test('a scan would be noticed', async () => {
    const nodes = await plansOf(() => db.query("SELECT 1 FROM auth_sessions WHERE ip = '192.0.2.2'"));
    expect(nodes.some((node) => /Seq Scan/.test(node['Node Type']))).toBe(true);
  });

  test('are rotated in place: every update is HOT, and none grows an index', async () => {
    const read = async () => {
      // In the connection that did the updates; elsewhere the counters are up to a second late.
      await db.query('SELECT pg_stat_force_next_flush()');
      const columns = 'n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot';
      const [row] = await db.query(`SELECT ${columns} FROM pg_stat_user_tables WHERE relname = 'auth_sessions'`);
      return row as { updates: number; hot: number };
    };
    const before = await read();
    for (let device = 1; device <= 20; device++) {
      const id = `00000000-0000-4000-8000-${device.toString(16).padStart(12, '0')}`;
      for (let turn = 0; turn < 5; turn++) {
        const answer = await store.advance(rotation(id, (device % 500) + turn));
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
