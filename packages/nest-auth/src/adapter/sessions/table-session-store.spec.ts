import { randomUUID } from 'node:crypto';
import type { RevokeAllOptions, Rotation, SessionPage, SessionRecord } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import { SESSION_FIELDS, type SessionRow } from './session-values.js';
import { type SessionQueries, TableSessionStore } from './table-session-store.js';

const now = new Date(0);
const session: SessionRecord = {
  id: randomUUID(),
  userId: '7',
  secretHash: 'digest',
  generation: 0,
  createdAt: now,
  rotatedAt: now,
  expiresAt: now,
  absoluteExpiresAt: now,
  revokedAt: null,
  userAgent: null,
  ip: null,
  methods: ['pwd', 'otp'],
  authenticatedAt: now,
  remember: true,
  actorId: null,
};
const row: SessionRow = { ...session, methods: 'pwd,otp' };
const { id, userId, secretHash } = session;
const rotation: Rotation = { id, secretHash, fromGeneration: 0, now, expiresAt: now };

/** Queries that return what a test gives, and record their arguments. */
function setUp(answers: Partial<Record<keyof SessionQueries, unknown>> = {}) {
  const calls: unknown[][] = [];
  const queries = new Proxy({} as SessionQueries, {
    get:
      (_, name: keyof SessionQueries) =>
      async (...args: unknown[]) => {
        calls.push([name, ...args]);
        if (!(name in answers)) throw new Error('down');
        return answers[name];
      },
  });
  return { store: new TableSessionStore(queries), calls };
}

describe('a sessions table', () => {
  test('gets the fields of a session and no other, with the methods as text', async () => {
    const { store, calls } = setUp({ insert: 1 });
    await store.create({ ...session, extra: 1 } as SessionRecord);
    expect(calls).toEqual([['insert', row]]);
    expect(Object.keys(session)).toEqual([...SESSION_FIELDS]);
  });

  test('answers with sessions, whose methods are a list', async () => {
    const { store } = setUp({ find: row, listActive: [row] });
    expect(await store.find(id)).toEqual(session);
    expect(await store.listActive(userId, { now, limit: 1 })).toEqual([session]);
  });

  test('that returns the rotated row is not asked again', async () => {
    const { store, calls } = setUp({ advance: row });
    expect(await store.advance(rotation)).toEqual({ won: true, session });
    expect(calls).toEqual([['advance', rotation]]);
  });

  test('that only counts the rotated row is asked for it; the winner returns what it wrote', async () => {
    const later = new Date(1000);
    const { store, calls } = setUp({ advance: 1, find: { ...row, generation: 5, rotatedAt: later, revokedAt: later } });
    const written = { generation: 1, rotatedAt: now, expiresAt: now, revokedAt: null };
    expect(await store.advance(rotation)).toEqual({ won: true, session: { ...session, ...written } });
    expect(calls).toEqual([
      ['advance', rotation],
      ['find', id],
    ]);
    expect(await setUp({ advance: 1, find: null }).store.advance(rotation)).toBeNull();
  });

  test('that rotated no row is asked for the current row by a separate statement', async () => {
    for (const none of [null, undefined, 0]) {
      const { store, calls } = setUp({ advance: none, find: row });
      expect(await store.advance(rotation)).toEqual({ won: false, session });
      expect(calls).toEqual([
        ['advance', rotation],
        ['find', id],
      ]);
      expect(await setUp({ advance: none, find: none }).store.advance(rotation)).toBeNull();
    }
  });

  test('is never asked to rotate a session without its digest or its generation', async () => {
    const hostile: object[] = [{ secretHash: { not: '' } }, { secretHash: 'a\0' }, { fromGeneration: '0' }];
    const beyond32Bits = { fromGeneration: 2 ** 31 - 1 };
    for (const change of [...hostile, { fromGeneration: -1 }, { fromGeneration: undefined }, beyond32Bits]) {
      const { store, calls } = setUp({ find: row });
      expect(await store.advance({ ...rotation, ...change })).toEqual({ won: false, session });
      expect(calls).toEqual([['find', id]]);
    }
  });

  test('gets the methods of a reauthentication as text, and wrote it only if one row was changed', async () => {
    const proof = { at: now, methods: ['pwd', 'otp'], now };
    const { store, calls } = setUp({ reauthenticate: 1 });
    expect(await store.reauthenticate(id, proof)).toBe(true);
    expect(calls).toEqual([['reauthenticate', id, { at: now, methods: 'pwd,otp', now }]]);
    expect(await setUp({ reauthenticate: 0 }).store.reauthenticate(id, proof)).toBe(false);
    const hostile: object[] = [{ at: 'now' }, { now: null }, { methods: 'pwd' }, { methods: ['pwd,mfa'] }];
    for (const change of hostile)
      await expect(store.reauthenticate(id, { ...proof, ...change })).rejects.toThrow(TypeError);
    expect(await store.reauthenticate('x', proof)).toBe(false);
    expect(calls).toHaveLength(1);
  });

  test('revoked a session only if one row was changed', async () => {
    expect(await setUp({ revoke: 1 }).store.revoke(id)).toBe(true);
    expect(await setUp({ revoke: 0 }).store.revoke(id)).toBe(false);
  });

  test('gets what to revoke, without members that are undefined', async () => {
    const { store, calls } = setUp({ revokeAll: ['a'] });
    const upTo = { createdAt: now, id };
    expect(await store.revokeAll(userId, { limit: 5, exceptId: undefined, upTo: undefined })).toEqual(['a']);
    await store.revokeAll(userId, { limit: 5, exceptId: id, upTo: session });
    await store.revokeAll(userId, { limit: 5, exceptId: 'x' });
    expect(calls).toEqual([
      ['revokeAll', userId, { limit: 5 }, expect.any(Date)],
      ['revokeAll', userId, { limit: 5, exceptId: id, upTo }, expect.any(Date)],
      ['revokeAll', userId, { limit: 5 }, expect.any(Date)],
    ]);
    expect(Object.keys(calls[0]?.[2] as object)).toEqual(['limit']);
  });

  test('gets a page with its offset', async () => {
    const { store, calls } = setUp({ listActive: [], revokedSince: [] });
    await store.listActive(userId, { now, limit: 5 });
    await store.listActive(userId, { now, limit: 5, offset: 2 });
    await store.revokedSince(now, { limit: 5, afterId: undefined });
    await store.revokedSince(now, { limit: 5, afterId: id });
    expect(calls).toEqual([
      ['listActive', userId, { now, limit: 5, offset: 0 }],
      ['listActive', userId, { now, limit: 5, offset: 2 }],
      ['revokedSince', now, { limit: 5 }],
      ['revokedSince', now, { limit: 5, afterId: id }],
    ]);
  });

  test('tells of a revocation by the id of its session', async () => {
    const { store } = setUp({ revokedSince: [{ ...row, revokedAt: now }, row] });
    expect(await store.revokedSince(now, { limit: 2 })).toEqual([{ sessionId: id, userId, revokedAt: now }]);
  });

  test('that is down makes every method reject', async () => {
    const { store } = setUp();
    for (const call of [
      () => store.create(session),
      () => store.find(id),
      () => store.advance(rotation),
      () => store.reauthenticate(id, { at: now, methods: [], now }),
      () => store.revoke(id),
      () => store.revokeAll(userId, { limit: 1 }),
      () => store.listActive(userId, { now, limit: 1 }),
      () => store.deleteExpired(now),
      () => store.revokedSince(now, { limit: 1 }),
    ])
      await expect(call()).rejects.toThrow('down');
  });

  test('never sees a value of the wrong type', async () => {
    const { store, calls } = setUp();
    for (const value of [undefined, null, 7, { not: '' }, ['x'], 'a\0b']) {
      const hostile = value as string;
      expect(await store.find(hostile)).toBeNull();
      expect(await store.advance({ ...rotation, id: hostile })).toBeNull();
      expect(await store.revoke(hostile)).toBe(false);
      expect(await store.revokeAll(hostile, { limit: 1 })).toEqual([]);
      expect(await store.listActive(hostile, { now, limit: 1 })).toEqual([]);
      await expect(store.create({ ...session, id: hostile })).rejects.toThrow(TypeError);
    }
    const pages: object[] = [
      { limit: null },
      { limit: '1' },
      { limit: -1 },
      { offset: 0.5 },
      { now: 'now' },
      { now: null },
    ];
    for (const page of [...pages, { now: new Date(Number.NaN) }])
      await expect(store.listActive(userId, { now, limit: 1, ...page } as SessionPage)).rejects.toThrow(TypeError);
    const bounds: object[] = [{ limit: undefined }, { upTo: { createdAt: now, id: 'x' } }, { upTo: { id } }];
    for (const bound of bounds)
      await expect(store.revokeAll(userId, { limit: 1, ...bound } as RevokeAllOptions)).rejects.toThrow(TypeError);
    await expect(store.advance({ ...rotation, now: undefined as never })).rejects.toThrow(TypeError);
    await expect(store.advance({ ...rotation, expiresAt: {} as never })).rejects.toThrow(TypeError);
    await expect(store.deleteExpired('now' as never)).rejects.toThrow(TypeError);
    await expect(store.revokedSince(undefined as never, { limit: 1 })).rejects.toThrow(TypeError);
    await expect(store.revokedSince(now, { limit: 1, afterId: { gt: '' } as never })).rejects.toThrow(TypeError);
    expect(calls).toEqual([]);
  });
});
