import { randomUUID } from 'node:crypto';
import { AuthError, type NewUser, type SessionRecord } from '@acme/nest-auth';
import { expect, test } from '@jest/globals';
import { Cache } from 'drizzle-orm/cache/core';
import { drizzle as drizzleNode } from 'drizzle-orm/node-postgres';
import { withReplicas } from 'drizzle-orm/pg-core';
import { drizzle as drizzleProxy } from 'drizzle-orm/pg-proxy';
import { authSessions, drizzleStores } from '../src/pg/index.js';
import { onEachDatabase } from './databases.js';

const HOUR = 3_600_000;

const rotation = ({ id, secretHash, generation, createdAt, expiresAt }: SessionRecord) => ({
  ...{ id, secretHash, fromGeneration: generation, now: createdAt, expiresAt },
});

const ANY_ROTATION = {
  ...{ id: randomUUID(), secretHash: 'x', fromGeneration: 0, now: new Date(), expiresAt: new Date() },
};

const newUser = (profile: NewUser['profile'] = {}): NewUser => ({
  login: `${randomUUID()}@example.org`,
  passwordHash: 'hash',
  roles: ['user'],
  profile,
});

await onEachDatabase((subject) => {
  const setUp = async () => {
    const { stores, statements } = subject();
    const createdAt = new Date();
    const session: SessionRecord = {
      id: randomUUID(),
      userId: '1',
      secretHash: 'x'.repeat(43),
      generation: 0,
      createdAt,
      rotatedAt: createdAt,
      expiresAt: new Date(createdAt.getTime() + HOUR),
      absoluteExpiresAt: new Date(createdAt.getTime() + 2 * HOUR),
      revokedAt: null,
      userAgent: null,
      ip: null,
      methods: ['pwd'],
      authenticatedAt: createdAt,
      remember: true,
      actorId: null,
    };
    await stores.sessionStore.create(session);
    statements.length = 0;
    return { store: stores.sessionStore, statements, session };
  };
  const verbs = (statements: readonly string[]) => statements.map((statement) => statement.split(' ')[0]);

  test('a rotation that wins is one round trip, two on MariaDB, and one that loses reads once more', async () => {
    const { store, statements, session } = await setUp();
    const rotate = () => store.advance(rotation(session));
    expect(await rotate()).toMatchObject({ won: true });
    expect(verbs(statements)).toEqual(subject().rotation);
    const [, written = ''] = /\bset\b(.*?)\bwhere\b/i.exec(statements[0] ?? '') ?? [];
    expect(written.match(/\w+(?=["`] = )/g)).toEqual(['generation', 'rotated_at', 'expires_at']);
    statements.length = 0;
    expect(await rotate()).toMatchObject({ won: false });
    expect(verbs(statements)).toEqual(['update', 'select']);
  });

  test('the mapped language of a user is handed over', async () => {
    const { userStore } = subject().own;
    const { id } = await userStore.create(newUser({ nickname: 'de-AT' }));
    expect(await userStore.findById(id)).toMatchObject({ locale: 'de-AT' });
  });

  test("a winner's answer is the row it made, even when the next rotation comes at once", async () => {
    const { store, session } = await setUp();
    const at = (generation: number) => new Date(session.createdAt.getTime() + generation);
    const rotations = Array.from({ length: 20 }, (_, generation) =>
      store.advance({ ...rotation(session), fromGeneration: generation, now: at(generation) }),
    );
    for (const [generation, answer] of (await Promise.all(rotations)).entries()) {
      if (answer?.won) expect(answer.session).toMatchObject({ generation: generation + 1, rotatedAt: at(generation) });
    }
  });

  test('each method of the credential store is one statement', async () => {
    const { stores, statements } = subject();
    const { credentialStore } = stores;
    const [id, userId, kind, key] = [randomUUID(), randomUUID(), 'totp', randomUUID()];
    const credential = { id, userId, kind, key, data: {}, createdAt: new Date(), lastUsedAt: null, expiresAt: null };
    const calls: [string, () => Promise<unknown>][] = [
      ['insert', () => credentialStore.create(credential)],
      ['insert', () => credentialStore.create(credential)],
      ['select', () => credentialStore.find(kind, key)],
      ['select', () => credentialStore.list(userId, kind)],
      ['update', () => credentialStore.update(id, 1, { data: { step: 1 } })],
      ['delete', () => credentialStore.delete(userId, id)],
      ['delete', () => credentialStore.deleteAll(userId)],
    ];
    for (const [verb, call] of calls) {
      statements.length = 0;
      await call();
      expect(verbs(statements)).toEqual([verb]);
    }
  });

  test('a change of a login and the verification of an address are one statement each', async () => {
    const { stores, statements } = subject();
    const { userStore } = stores;
    const [given, { login }] = [newUser(), newUser()];
    const { id } = await userStore.create(given);
    statements.length = 0;
    expect(await userStore.setLogin?.(id, login, given.login)).toBe(true);
    expect(await userStore.setEmailVerified?.(id, login, new Date())).toBe(true);
    expect(verbs(statements)).toEqual(['update', 'update']);
  });

  test('an id that is not a UUID is answered without a query', async () => {
    const { store, statements, session } = await setUp();
    expect(await store.find('x')).toBeNull();
    expect(await store.advance({ ...rotation(session), id: 'x' })).toBeNull();
    expect(await store.revoke('x')).toBe(false);
    expect(statements).toEqual([]);
  });

  test('a registration keeps the fields that the app names, and never sets a column of the library', async () => {
    const { userStore } = subject().own;
    const given = newUser({ nickname: 'Jo', roles: ['admin'], disabledAt: new Date() });
    const created = await userStore.create(given);
    expect(created).toMatchObject({ login: given.login, roles: ['user'], row: { nickname: 'Jo', badge: null } });
    expect(await userStore.findById(created.id)).toEqual(created);
    expect(created.row).not.toHaveProperty('unknown');
  });

  test('another unique column that is taken is not a taken login', async () => {
    const { userStore } = subject().own;
    const badge = randomUUID();
    await userStore.create(newUser({ badge }));
    const refusal = await userStore.create(newUser({ badge })).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Error);
    expect(refusal).not.toBeInstanceOf(AuthError);
  });

  test('an id beyond the range of the column, or with a NUL, is nobody', async () => {
    for (const { userStore } of [subject().stores, subject().own]) {
      for (const id of ['2147483648', '9223372036854775808', '-9223372036854775809', '007', '1.0', ' 1', 'a\0b']) {
        expect(await userStore.findById(id)).toBeNull();
      }
      expect(await userStore.findByLogin('a\0b')).toBeNull();
    }
  });

  test('revokeAll with an invalid id as its exception ends every session', async () => {
    const { sessionStore } = subject().stores;
    const [id, userId, time] = [randomUUID(), randomUUID(), new Date()];
    const times = { createdAt: time, rotatedAt: time, expiresAt: time, absoluteExpiresAt: time, revokedAt: null };
    const login = { methods: [], authenticatedAt: time, remember: true, actorId: null };
    const device = { userAgent: null, ip: null };
    await sessionStore.create({ id, userId, secretHash: 'x', generation: 0, ...times, ...device, ...login });
    expect(await sessionStore.revokeAll(userId, { limit: 10, exceptId: 'x' })).toEqual([id]);
  });
});

test('if a database has replicas, only the primary is read', async () => {
  const asked: string[] = [];
  const server = (name: string) =>
    drizzleProxy(async () => {
      asked.push(name);
      return { rows: [] };
    });
  const { sessionStore, userStore, credentialStore } = drizzleStores(
    withReplicas(server('primary'), [server('replica')]),
  );
  await sessionStore.advance(ANY_ROTATION);
  await sessionStore.deleteExpired(new Date());
  await userStore.findByLogin('x');
  await credentialStore.list('1');
  expect(new Set(asked)).toEqual(new Set(['primary']));
});

test("the app's own query cache answers no query of the library", async () => {
  class Stale extends Cache {
    override strategy = () => 'all' as const;
    override get = (): Promise<never> => Promise.reject(new Error('the cache was asked'));
    override put = async (): Promise<void> => undefined;
    override onMutate = async (): Promise<void> => undefined;
  }
  const cached = drizzleProxy(async () => ({ rows: [] }), { cache: new Stale() });
  await expect(cached.select().from(authSessions)).rejects.toThrow();
  const { sessionStore, userStore, ephemeralStore, credentialStore } = drizzleStores(cached);
  expect(await sessionStore.find(randomUUID())).toBeNull();
  expect(await sessionStore.listActive('1', { now: new Date(), limit: 10 })).toEqual([]);
  expect(await sessionStore.revokedSince(new Date(), { limit: 10 })).toEqual([]);
  expect(await sessionStore.deleteExpired(new Date())).toBe(0);
  expect(await userStore.findByLogin('x')).toBeNull();
  expect(await ephemeralStore.get('x')).toBeNull();
  expect(await credentialStore.find('totp', 'x')).toBeNull();
  expect(await credentialStore.list('1')).toEqual([]);
});

test('a prepared statement stays in the connection only if the app asks for it', async () => {
  const names: unknown[] = [];
  const query = async (config: { readonly name?: string }) => {
    names.push(config.name);
    return { rows: [] };
  };
  const db = drizzleNode({ query } as never);
  for (const namedStatements of [false, true]) {
    await drizzleStores(db, { namedStatements }).sessionStore.advance(ANY_ROTATION);
  }
  const named = expect.stringMatching(/^nest_auth_.{43}$/);
  expect(names).toEqual(['', '', named, named]);
  expect(names[2]).not.toBe(names[3]);
});
