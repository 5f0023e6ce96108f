import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CredentialStore, EphemeralStore, SessionStore, UserStore } from '@acme/nest-auth';
import {
  credentialStoreConformance,
  ephemeralStoreConformance,
  sessionStoreConformance,
  userStoreConformance,
} from '@acme/nest-auth/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

const root = join(import.meta.dirname, '../../../..');
const generated = join(import.meta.dirname, '.generated');
const server = process.env.POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/test';

/** The only block of a page that contains the needle. */
function block(page: string, language: string, needle: string): string {
  const blocks = [...readFileSync(join(root, page), 'utf8').matchAll(/```(\w+)\n([\s\S]*?)```/g)]
    .filter(([, tag, code]) => tag === language && code?.includes(needle))
    .map(([, , code]) => code ?? '');
  if (blocks.length !== 1) throw new Error(`${page} has ${blocks.length} blocks with ${needle}`);
  return blocks[0] ?? '';
}

async function isReachable(): Promise<boolean> {
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: 2000 });
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  );
}

const reachable = await isReachable();
if (!reachable && process.env.CI) throw new Error('PostgreSQL is not reachable; set POSTGRES_URL');

const onPostgres = reachable ? describe : describe.skip;
mkdirSync(generated, { recursive: true });
afterAll(() => rmSync(generated, { recursive: true, force: true }));

/** A schema of its own, with the tables that a page shows. */
function openPool(...tables: readonly string[]): pg.Pool {
  const schema = `documented_${randomUUID().replaceAll('-', '')}`;
  const pool = new pg.Pool({ connectionString: server, options: `-c search_path=${schema}`, max: 20 });
  beforeAll(async () => {
    await pool.query(`CREATE SCHEMA ${schema}`);
    for (const table of tables) await pool.query(table);
  });
  afterAll(async () => {
    await pool.query(`DROP SCHEMA ${schema} CASCADE`);
    await pool.end();
  });
  return pool;
}

/** Writes code of a page to a file, and loads it. */
async function load(name: string, code: string) {
  writeFileSync(join(generated, `${name}.ts`), code);
  return import(join(generated, `${name}.ts`));
}

const adapter = block('docs/guides/write-an-adapter.md', 'ts', 'function pgStores');
const adapterTables = block('docs/guides/write-an-adapter.md', 'sql', 'CREATE TABLE auth_sessions');

describe('the adapter of the docs', () => {
  test('has under 150 lines for the four stores', () => {
    expect(adapter.trimEnd().split('\n').length).toBeLessThan(150);
  });

  test('is formatted like the rest of the repository', () => {
    const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
    const args = [biome, 'check', '--write', '--stdin-file-path=packages/nest-auth/test/docs/pg-stores.ts'];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, input: adapter, encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: adapter });
  });
});

interface PgStores {
  readonly userStore: UserStore;
  readonly sessionStore: SessionStore;
  readonly ephemeralStore: EphemeralStore;
  readonly credentialStore: CredentialStore;
}

onPostgres('on PostgreSQL (POSTGRES_URL), the adapter of the docs', () => {
  const pool = openPool(adapterTables);
  let stores: PgStores;
  beforeAll(async () => {
    stores = (await load('pg-stores', adapter)).pgStores(pool);
  });

  userStoreConformance({
    test,
    factory: () => stores.userStore,
    supports: { setEmailVerified: true, setLogin: true },
  });
  sessionStoreConformance({ test, factory: () => stores.sessionStore, supports: { revokedSince: true } });
  ephemeralStoreConformance({ test, factory: () => stores.ephemeralStore });
  credentialStoreConformance({ test, factory: () => stores.credentialStore });

  test('rejects in every method if the database is down', async () => {
    const down = new pg.Pool({ host: '127.0.0.1', port: 1 });
    const { pgStores } = await load('pg-stores', adapter);
    const { userStore, sessionStore, ephemeralStore, credentialStore }: PgStores = pgStores(down);
    const [id, at] = [randomUUID(), new Date()];
    const user = { login: 'ann@example.org', passwordHash: null, roles: [], profile: {} };
    const credential = { id, userId: id, kind: 'totp', key: 'k', data: {}, createdAt: at };
    for (const call of [
      () => userStore.findById(id),
      () => userStore.findByLogin(user.login),
      () => userStore.create(user),
      () => userStore.setPasswordHash(id, 'hash', null),
      () => userStore.setEmailVerified?.(id, user.login, at),
      () => userStore.setLogin?.(id, 'bob@example.org', user.login),
      () => userStore.diagnose?.(),
      () => sessionStore.find(id),
      () => sessionStore.advance({ id, secretHash: 'x', fromGeneration: 0, now: at, expiresAt: at }),
      () => sessionStore.revoke(id),
      () => sessionStore.revokeAll(id, { limit: 1 }),
      () => sessionStore.listActive(id, { now: at, limit: 1 }),
      () => sessionStore.deleteExpired(at),
      () => sessionStore.revokedSince?.(at, { limit: 1 }),
      () => ephemeralStore.put('k', 'v', 1),
      () => ephemeralStore.take('k'),
      () => ephemeralStore.putIfAbsent('k', 'v', 1),
      () => ephemeralStore.get('k'),
      () => ephemeralStore.deleteExpired?.(),
      () => credentialStore.create({ ...credential, lastUsedAt: null, expiresAt: null }),
      () => credentialStore.find('totp', 'k'),
      () => credentialStore.list(id),
      () => credentialStore.update(id, 1, {}),
      () => credentialStore.delete(id, id),
      () => credentialStore.deleteAll(id),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('keeps a field of the app, and no other type of value in it', async () => {
    const names = ['Ann', { name: 'Ann' }, 'a\0b', undefined].map(async (displayName) => {
      const login = `${randomUUID()}@example.org`;
      const { id } = await stores.userStore.create({ login, passwordHash: null, roles: [], profile: { displayName } });
      return (await stores.userStore.findById(id)) as { readonly row?: { readonly displayName: unknown } } | null;
    });
    const found = await Promise.all(names);
    expect(found.map((user) => user?.row?.displayName)).toEqual(['Ann', null, null, null]);
  });
});

onPostgres('on PostgreSQL (POSTGRES_URL), the adapter of the docs with logins from before', () => {
  const pool = openPool(adapterTables);
  let stores: PgStores;
  beforeAll(async () => {
    const mixedCase = adapter.replace("emailVerifiedAt: 'emailVerifiedAt',", "$&\n    logins: 'mixed-case',");
    stores = (await load('pg-stores-mixed-case', mixedCase)).pgStores(pool);
  });

  userStoreConformance({
    test,
    factory: () => stores.userStore,
    insertLegacy: (login) => pool.query('INSERT INTO users (login) VALUES ($1)', [login]),
    supports: { setEmailVerified: true, setLogin: true },
  });
});

onPostgres('on PostgreSQL (POSTGRES_URL), the UserStore of the docs without a mapping', () => {
  const pool = openPool(
    block('docs/guides/your-users-table.md', 'sql', 'CREATE TABLE users'),
    'ALTER TABLE users ADD COLUMN email_verified_at timestamptz',
  );
  const code = block('docs/guides/your-users-table.md', 'ts', 'class PgUserStore');
  let userStore: UserStore;
  let fullUserStore: UserStore;
  beforeAll(async () => {
    userStore = new (await load('user-store', code)).PgUserStore(pool);
    const verifiable = code.replace('disabled_at AS "disabledAt"', '$&, email_verified_at AS "emailVerifiedAt"');
    writeFileSync(join(generated, 'verifiable-user-store.ts'), verifiable.replace('const UUID', 'export $&'));
    const full = await load(
      'full-user-store',
      `import { PgUserStore, UUID } from './verifiable-user-store.js';
      ${block('docs/guides/your-users-table.md', 'ts', 'class PgFullUserStore')}`,
    );
    fullUserStore = new full.PgFullUserStore(pool);
  });

  userStoreConformance({ test, factory: () => userStore });
  describe('with the two methods that are optional', () =>
    userStoreConformance({
      test,
      factory: () => fullUserStore,
      supports: { setEmailVerified: true, setLogin: true },
    }));

  test('has under 60 lines', () => {
    expect(code.split('\n').length).toBeLessThan(60);
  });
});
