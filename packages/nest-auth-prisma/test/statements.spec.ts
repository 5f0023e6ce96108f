import { randomUUID } from 'node:crypto';
import type { SessionRecord } from '@acme/nest-auth';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { prismaStores } from '../src/index.js';
import { createPostgres, type TestDatabase, postgresTest as test } from './servers.js';

const SECOND = 1000;

describe('What goes to PostgreSQL', () => {
  const statements: string[] = [];
  let db: TestDatabase;
  let stores: ReturnType<typeof prismaStores>;
  let both: ReturnType<typeof prismaStores>['sessionStore'][];
  beforeAll(async () => {
    db = await createPostgres((sql) => statements.push(sql.split(' ')[0] ?? ''));
    stores = prismaStores(db.prisma);
    const inSql = prismaStores(db.prisma, { rawSessions: { client: db.prisma, table: 'public.auth_sessions' } });
    both = [stores.sessionStore, inSql.sessionStore];
  });
  afterAll(() => db?.drop());

  const during = async (work: () => Promise<unknown>) => {
    statements.length = 0;
    await work();
    return [...statements];
  };
  const session = (changes: Partial<SessionRecord> = {}): SessionRecord => {
    const now = new Date();
    const end = new Date(now.getTime() + 60 * SECOND);
    return {
      id: randomUUID(),
      userId: randomUUID(),
      secretHash: 'digest',
      generation: 0,
      createdAt: now,
      rotatedAt: now,
      expiresAt: end,
      absoluteExpiresAt: end,
      revokedAt: null,
      userAgent: null,
      ip: null,
      methods: ['pwd'],
      authenticatedAt: now,
      remember: true,
      actorId: null,
      ...changes,
    };
  };

  const rotation = ({ id, secretHash, createdAt, expiresAt }: SessionRecord) => ({
    ...{ id, secretHash, fromGeneration: 0, now: createdAt, expiresAt },
  });

  test('an advance that wins is one round trip, and one that loses is two', async () => {
    for (const sessionStore of both) {
      const row = session();
      await sessionStore.create(row);
      expect(await during(() => sessionStore.advance(rotation(row)))).toEqual(['UPDATE']);
      expect(await during(() => sessionStore.advance(rotation(row)))).toEqual(['UPDATE', 'SELECT']);
    }
  });

  test('the other methods are one statement each, without a transaction; revokeAll reads first', async () => {
    const { userStore, sessionStore, ephemeralStore, credentialStore } = stores;
    const row = session();
    expect(await during(() => sessionStore.create(row))).toEqual(['INSERT']);
    expect(await during(() => sessionStore.find(row.id))).toEqual(['SELECT']);
    const proof = { at: row.createdAt, methods: ['otp'], now: row.createdAt };
    expect(await during(() => sessionStore.reauthenticate(row.id, proof))).toEqual(['UPDATE']);
    expect(await during(() => sessionStore.revoke(row.id))).toEqual(['UPDATE']);
    expect(await during(() => sessionStore.revokeAll(row.userId, { limit: 10 }))).toEqual(['SELECT']);
    await sessionStore.create({ ...row, id: randomUUID() });
    expect(await during(() => sessionStore.revokeAll(row.userId, { limit: 10 }))).toEqual(['SELECT', 'UPDATE']);
    const page = { now: row.createdAt, limit: 10 };
    expect(await during(() => sessionStore.listActive(row.userId, page))).toEqual(['SELECT']);
    expect(await during(() => sessionStore.revokedSince(row.createdAt, page))).toEqual(['SELECT']);
    expect(await during(() => sessionStore.deleteExpired(row.createdAt))).toEqual(['DELETE']);
    const user = { login: 'ann@example.org', passwordHash: 'h', roles: [], profile: {} };
    expect(await during(() => userStore.diagnose?.() ?? Promise.resolve())).toEqual(['SELECT']);
    expect(await during(() => userStore.create(user))).toEqual(['INSERT']);
    expect(await during(() => userStore.findByLogin(user.login))).toEqual(['SELECT']);
    expect(await during(() => userStore.setPasswordHash(randomUUID(), 'new', 'old'))).toEqual(['UPDATE']);
    expect(await during(() => userStore.setLogin!(randomUUID(), 'new', 'old'))).toEqual(['UPDATE']);
    const verified = () => userStore.setEmailVerified!(randomUUID(), user.login, new Date());
    expect(await during(verified)).toEqual(['UPDATE']);
    expect(await during(() => ephemeralStore.put('key', 'value', 60))).toEqual(['INSERT']);
    expect(await during(() => ephemeralStore.take('key'))).toEqual(['DELETE']);
    expect(await during(() => ephemeralStore.putIfAbsent('key', 'value', 60))).toEqual(['UPDATE', 'INSERT']);
    const { id, userId, createdAt } = row;
    const credential = { id, userId, kind: 'totp', key: id, data: {}, createdAt, lastUsedAt: null, expiresAt: null };
    expect(await during(() => credentialStore!.create(credential))).toEqual(['INSERT']);
    expect(await during(() => credentialStore!.create(credential))).toEqual(['INSERT']);
    expect(await during(() => credentialStore!.find('totp', id))).toEqual(['SELECT']);
    expect(await during(() => credentialStore!.list(userId, 'totp'))).toEqual(['SELECT']);
    expect(await during(() => credentialStore!.update(id, 1, { data: { step: 1 } }))).toEqual(['UPDATE']);
    expect(await during(() => credentialStore!.delete(userId, id))).toEqual(['DELETE']);
    expect(await during(() => credentialStore!.deleteAll(userId))).toEqual(['DELETE']);
  });

  test('without the model for credentials there is no credential store', async () => {
    const { authUser, authSession, authEphemeral } = db.prisma;
    expect(prismaStores({ authUser, authSession, authEphemeral })).not.toHaveProperty('credentialStore');
  });

  test('the database is not asked for an invalid id', async () => {
    const { userStore, sessionStore } = stores;
    const hostile = { contains: '' } as unknown as string;
    for (const id of ['x', '', '1', 'a\0b', hostile, undefined as unknown as string]) {
      expect(await during(() => sessionStore.find(id))).toEqual([]);
      expect(await during(() => sessionStore.advance({ ...rotation(session()), id }))).toEqual([]);
      expect(await during(() => userStore.findById(id))).toEqual([]);
    }
  });

  test('a missing time or generation is not "any": nothing is deleted, shown or advanced', async () => {
    for (const sessionStore of both) {
      const row = session();
      const { id } = row;
      await sessionStore.create(row);
      const noDate = undefined as unknown as Date;
      await expect(sessionStore.deleteExpired(noDate)).rejects.toThrow(TypeError);
      await expect(sessionStore.revokedSince(noDate, { limit: 10 })).rejects.toThrow(TypeError);
      await expect(sessionStore.advance({ ...rotation(row), now: noDate })).rejects.toThrow(TypeError);
      await expect(sessionStore.advance({ ...rotation(row), expiresAt: noDate })).rejects.toThrow(TypeError);
      for (const generation of [undefined, { gte: 0 }]) {
        const answer = await sessionStore.advance({
          ...rotation(row),
          fromGeneration: generation as unknown as number,
        });
        expect(answer?.won).toBe(false);
      }
      expect((await sessionStore.find(id))?.generation).toBe(0);
    }
  });

  test('times are kept in UTC, whatever the TimeZone of the session', async () => {
    const row = session({ createdAt: new Date('2030-07-01T12:34:56.789Z') });
    await stores.sessionStore.create(row);
    const [kept] = await db.query(`
      SELECT current_setting('TimeZone') AS zone, created_at::text, revoked_at FROM auth_sessions WHERE id = '${row.id}'`);
    expect(kept).toEqual({ zone: 'America/New_York', created_at: '2030-07-01 12:34:56.789', revoked_at: null });
    for (const [generation, sessionStore] of both.entries()) {
      const now = new Date(row.createdAt.getTime() + generation * SECOND);
      const until = new Date(now.getTime() + 90 * SECOND);
      const longer = { expiresAt: until, absoluteExpiresAt: until };
      const rotated = session(longer);
      await sessionStore.create(rotated);
      expect((await sessionStore.advance({ ...rotation(rotated), now, expiresAt: until }))?.session).toMatchObject({
        rotatedAt: now,
        expiresAt: until,
      });
      const [kept] = await db.query(`SELECT rotated_at::text FROM auth_sessions WHERE id = '${rotated.id}'`);
      expect(kept?.rotated_at).toBe(now.toISOString().replace('T', ' ').slice(0, -1));
    }
  });

  test('clearing up is one statement, and removes what expired', async () => {
    await stores.ephemeralStore.put('stale', 'value', -1);
    expect(await during(() => stores.ephemeralStore.deleteExpired())).toEqual(['DELETE']);
    expect(await db.query(`SELECT key FROM auth_ephemeral WHERE key = 'stale'`)).toEqual([]);
  });

  test('a table for rotations is a name, whatever is in it, and without a client the boot fails', async () => {
    const hostile = prismaStores(db.prisma, {
      rawSessions: { client: db.prisma, table: 'x"; DROP TABLE auth_sessions' },
    });
    const row = session();
    await expect(hostile.sessionStore.advance(rotation(row))).rejects.toThrow('does not exist');
    await stores.sessionStore.create(row);
    expect(() => prismaStores(db.prisma, { rawSessions: { client: {} as never } })).toThrow('$queryRawUnsafe');
  });
});
