import { randomUUID } from 'node:crypto';
import type { SessionRecord } from '@acme/nest-auth';
import { authEntities, typeOrmStores } from '@acme/nest-auth-typeorm';
import { expect, test } from '@jest/globals';
import { onEachServer } from './servers.js';

const HOUR = 3_600_000;
const START = Date.parse('2030-11-03T05:30:00.123Z');
const at = (hours: number) => new Date(START + hours * HOUR);

function session(changes: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: randomUUID(),
    userId: randomUUID(),
    secretHash: 'x'.repeat(43),
    generation: 0,
    createdAt: at(0),
    rotatedAt: at(0),
    expiresAt: at(10),
    absoluteExpiresAt: at(20),
    revokedAt: null,
    userAgent: null,
    ip: null,
    methods: ['pwd'],
    authenticatedAt: at(0),
    remember: true,
    actorId: null,
    ...changes,
  };
}

await onEachServer({
  entities: (server) => authEntities(server.options('').type),
  schema: 'migration',
  tests: (current, statements, { name, migration }) => {
    const count = async (work: () => Promise<unknown>) => {
      statements.seen = [];
      await work();
      return statements.seen.length;
    };

    test('a rotation that wins is one statement where UPDATE can return the row, and two elsewhere', async () => {
      const { sessionStore } = typeOrmStores(current());
      const row = session();
      await sessionStore.create(row);
      const { id, secretHash } = row;
      const rotation = { id, secretHash, fromGeneration: 0, now: at(1), expiresAt: at(11) };
      const winning = () => sessionStore.advance(rotation);
      expect(await count(winning)).toBe(migration === 'mariadb' ? 2 : 1);
      expect(statements.seen[0]).toMatch(/^UPDATE/);
      const [, written = ''] = /\bSET\b(.*?)\bWHERE\b/s.exec(statements.seen[0] ?? '') ?? [];
      expect(written.match(/\w+(?=["`] = )/g)).toEqual(['generation', 'rotated_at', 'expires_at']);
      expect(await count(winning)).toBe(2);
      expect(statements.seen[0]).toMatch(/^UPDATE/);
      expect(await count(() => sessionStore.advance({ ...rotation, id: 'x' }))).toBe(0);
    });

    test('each method of the credential store is one statement', async () => {
      const { credentialStore } = typeOrmStores(current());
      const [id, userId, kind, key] = [randomUUID(), randomUUID(), 'totp', randomUUID()];
      const credential = { id, userId, kind, key, data: {}, createdAt: at(0), lastUsedAt: null, expiresAt: null };
      const calls = [
        () => credentialStore.create(credential),
        () => credentialStore.create(credential),
        () => credentialStore.find(kind, key),
        () => credentialStore.list(userId, kind),
        () => credentialStore.update(id, 1, { key: 'new', data: { step: 1 }, lastUsedAt: at(1) }),
        () => credentialStore.delete(userId, id),
        () => credentialStore.deleteAll(userId),
      ];
      for (const call of calls) expect(await count(call)).toBe(1);
    });

    test('a change of a login and the verification of an address are one statement each', async () => {
      const { userStore } = typeOrmStores(current());
      const [login, next] = [`${randomUUID()}@example.org`, `${randomUUID()}@example.org`];
      const { id } = await userStore.create({ login, passwordHash: null, roles: [], profile: {} });
      expect(await count(() => userStore.setLogin?.(id, next, login) as Promise<unknown>)).toBe(1);
      expect(await count(() => userStore.setEmailVerified?.(id, next, at(0)) as Promise<unknown>)).toBe(1);
      expect(await userStore.findById(id)).toMatchObject({ login: next, emailVerifiedAt: at(0) });
    });

    test('times are UTC in the table, also in the hour that the clocks go back', async () => {
      const { sessionStore } = typeOrmStores(current());
      // 1:30 in New York, before and after the end of daylight saving.
      const row = session({ createdAt: at(0), rotatedAt: at(1) });
      await sessionStore.create(row);
      expect(await sessionStore.find(row.id)).toEqual(row);
      const rotated = migration === 'postgres' ? "rotated_at AT TIME ZONE 'UTC'" : 'rotated_at';
      const type = migration === 'sqlite' ? 'TEXT' : migration === 'postgres' ? 'VARCHAR' : 'CHAR';
      const [stored] = await current().query(
        `SELECT CAST(${rotated} AS ${type}) AS utc FROM auth_sessions WHERE id = '${row.id}'`,
      );
      expect(stored.utc).toBe('2030-11-03 06:30:00.123');
    });

    test('expired values can be removed', async () => {
      const { ephemeralStore } = typeOrmStores(current());
      await ephemeralStore.put('short', 'x', -1);
      await ephemeralStore.put('long', 'x', 600);
      expect(await ephemeralStore.deleteExpired()).toBe(1);
      expect(await ephemeralStore.get('long')).toBe('x');
      expect(await ephemeralStore.deleteExpired()).toBe(0);
    });

    // MariaDB describes its tables differently from MySQL.
    if (name === 'MariaDB, taken for MySQL') return;
    test('the migration is what TypeORM would make of the entities', async () => {
      const { upQueries } = await current().driver.createSchemaBuilder().log();
      expect(upQueries.map(({ query }) => query)).toEqual([]);
    });
  },
});
