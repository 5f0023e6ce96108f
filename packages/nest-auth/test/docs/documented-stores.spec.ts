import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CredentialStore, SessionStore, UserStore } from '@acme/nest-auth';
import { credentialStoreConformance, sessionStoreConformance, userStoreConformance } from '@acme/nest-auth/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

const root = join(import.meta.dirname, '../../../..');
const generated = join(import.meta.dirname, '.generated');
const server = process.env.POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/test';

/** The one block of a page that has the needle in it. */
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

(reachable ? describe : describe.skip)('on PostgreSQL (POSTGRES_URL), the stores written out in the docs', () => {
  const schema = `documented_${randomUUID().replaceAll('-', '')}`;
  const pool = new pg.Pool({ connectionString: server, options: `-c search_path=${schema}`, max: 20 });
  let userStore: UserStore;
  let fullUserStore: UserStore;
  let sessionStore: SessionStore;
  let credentialStore: CredentialStore;

  beforeAll(async () => {
    await pool.query(`CREATE SCHEMA ${schema}`);
    await pool.query(block('docs/guides/your-users-table.md', 'sql', 'CREATE TABLE users'));
    await pool.query(block('docs/guides/write-an-adapter.md', 'sql', 'CREATE TABLE auth_sessions'));
    await pool.query(block('docs/guides/write-an-adapter.md', 'sql', 'CREATE TABLE auth_credentials'));
    mkdirSync(generated, { recursive: true });
    writeFileSync(
      join(generated, 'user-store.ts'),
      block('docs/guides/your-users-table.md', 'ts', 'class PgUserStore'),
    );
    writeFileSync(
      join(generated, 'session-store.ts'),
      block('docs/guides/write-an-adapter.md', 'ts', 'class PgSessionStore'),
    );
    writeFileSync(
      join(generated, 'credential-store.ts'),
      block('docs/guides/write-an-adapter.md', 'ts', 'class PgCredentialStore'),
    );
    const verifiable = block('docs/guides/your-users-table.md', 'ts', 'class PgUserStore').replace(
      'disabled_at AS "disabledAt"',
      '$&, email_verified_at AS "emailVerifiedAt"',
    );
    await pool.query('ALTER TABLE users ADD COLUMN email_verified_at timestamptz');
    writeFileSync(join(generated, 'verifiable-user-store.ts'), verifiable.replace('const UUID', 'export $&'));
    writeFileSync(
      join(generated, 'full-user-store.ts'),
      `import { PgUserStore, UUID } from './verifiable-user-store.js';
      ${block('docs/guides/your-users-table.md', 'ts', 'class PgFullUserStore')}`,
    );
    const users = await import(join(generated, 'user-store.ts'));
    const full = await import(join(generated, 'full-user-store.ts'));
    fullUserStore = new full.PgFullUserStore(pool);
    const sessions = await import(join(generated, 'session-store.ts'));
    userStore = new users.PgUserStore(pool);
    sessionStore = new sessions.PgSessionStore(pool);
    const credentials = await import(join(generated, 'credential-store.ts'));
    credentialStore = new credentials.PgCredentialStore(pool);
  });
  afterAll(async () => {
    await pool.query(`DROP SCHEMA ${schema} CASCADE`);
    await pool.end();
    rmSync(generated, { recursive: true, force: true });
  });

  userStoreConformance({ test, factory: () => userStore });
  describe('with the two methods that are optional', () =>
    userStoreConformance({
      test,
      factory: () => fullUserStore,
      supports: { setEmailVerified: true, setLogin: true },
    }));
  sessionStoreConformance({ test, factory: () => sessionStore, supports: { revokedSince: true } });
  credentialStoreConformance({ test, factory: () => credentialStore });

  test('the documented UserStore has under 60 lines', () => {
    expect(block('docs/guides/your-users-table.md', 'ts', 'class PgUserStore').split('\n').length).toBeLessThan(60);
  });
});
