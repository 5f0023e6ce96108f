import assert from 'node:assert/strict';
import type { Reauthentication, Rotation, SessionPage, SessionRecord, SessionStore } from '@acme/nest-auth';
import { HOSTILE, refusesOr, rejects } from '../kit.js';
import { assertSame, later, page, record, rotation, type SessionStoreConformance, setUpOf } from './session-record.js';

/** Values that some drivers read as "any time", "now" or a condition. */
const HOSTILE_TIMES: readonly unknown[] = [undefined, null, {}, { lt: new Date(8e15) }, 'now', 0, Number.NaN, []];
const HOSTILE_NUMBERS: readonly unknown[] = [undefined, null, {}, { gte: 0 }, '0', Number.NaN, 0.5, -1, [0], true];
/** Objects that mysql2 writes into a statement as `key = value`. */
const CONDITIONS: readonly unknown[] = [{ id: 1 }, { secret_hash: 1 }, { user_id: 1 }, { equals: '' }];
const HOSTILE_TEXTS = [...HOSTILE, ...CONDITIONS];
/** A column with methods separated by commas would change some of them. */
const HOSTILE_METHODS: readonly unknown[] = [
  ...[undefined, null, {}, '', 'pwd', 0, true, { 0: 'pwd', length: 1 }],
  ...[[''], ['pwd,mfa'], ['pwd', ','], [' pwd'], ['PWD'], ['a'.repeat(33)], ['pwd\n'], ['ü']],
  ...[[1], [null], [['pwd']], [{ toString: () => 'mfa' }], new Array(1), Array(9).fill('pwd')],
];
const HOSTILE_FLAGS: readonly unknown[] = [undefined, null, 0, 1, '', 'true', 'false', {}, []];

/** No method uses a value of the wrong type as a condition, and no method writes it. */
export function hostileSessions(kit: SessionStoreConformance): void {
  const { test } = kit;
  const setUp = setUpOf(kit);
  const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;
  const isNull = (value: unknown) => value === null;

  test('SessionStore: a value that is not a string finds nothing and ends nothing', async () => {
    const { store, session } = await setUp();
    for (const value of HOSTILE_TEXTS) {
      const hostile = value as string;
      const calls: [string, (answer: unknown) => boolean, () => Promise<unknown>][] = [
        ['find', isNull, () => store.find(hostile)],
        ['revoke', (done) => done === false, () => store.revoke(hostile)],
        ['revokeAll', isEmpty, () => store.revokeAll(hostile, { limit: 10 })],
        ['listActive', isEmpty, () => store.listActive(hostile, page(session))],
      ];
      for (const [method, expected, call] of calls) assert.ok(await refusesOr(expected, call), method);
    }
    assertSame(await store.find(session.id), session);
  });

  test('SessionStore: a hostile value in any field of a rotation moves nothing', async () => {
    const { store, session } = await setUp();
    const fields: Record<keyof Rotation, readonly unknown[]> = {
      id: HOSTILE_TEXTS,
      secretHash: HOSTILE_TEXTS,
      fromGeneration: HOSTILE_NUMBERS,
      now: HOSTILE_TIMES,
      expiresAt: HOSTILE_TIMES,
    };
    const lost = (answer: unknown) => answer === null || (answer as { won?: unknown }).won === false;
    for (const [field, values] of Object.entries(fields)) {
      for (const value of values) {
        const hostile = { ...rotation(session), [field]: value };
        assert.ok(await refusesOr(lost, () => store.advance(hostile)), field);
      }
    }
    assertSame(await store.find(session.id), session);
  });

  test('SessionStore: a hostile value in any field of a reauthentication writes nothing', async () => {
    const { store, session } = await setUp();
    const honest: Reauthentication = { at: later(session), methods: ['pwd', 'otp'], now: later(session) };
    const fields: Record<keyof Reauthentication, readonly unknown[]> = {
      at: [...HOSTILE_TIMES, new Date(Number.NaN)],
      methods: HOSTILE_METHODS,
      now: [...HOSTILE_TIMES, new Date(Number.NaN)],
    };
    const refused = (answer: unknown) => answer === false;
    for (const [field, values] of Object.entries(fields)) {
      for (const value of values) {
        const hostile = { ...honest, [field]: value };
        assert.ok(await refusesOr(refused, () => store.reauthenticate(session.id, hostile)), field);
      }
    }
    for (const value of HOSTILE_TEXTS) {
      assert.ok(await refusesOr(refused, () => store.reauthenticate(value as string, honest)), 'id');
    }
    assertSame(await store.find(session.id), session);
  });

  test('SessionStore: a session with a field of the wrong type is refused, and nothing is written', async () => {
    const { store, session } = await setUp();
    const texts = HOSTILE_TEXTS.filter((value) => value !== undefined && value !== null);
    const times = HOSTILE_TIMES.filter((value) => value !== undefined && value !== null);
    const fields: Partial<Record<keyof SessionRecord, readonly unknown[]>> = {
      id: HOSTILE_TEXTS,
      userId: HOSTILE_TEXTS,
      secretHash: HOSTILE_TEXTS,
      generation: HOSTILE_NUMBERS.filter((value) => value !== -1),
      createdAt: HOSTILE_TIMES,
      rotatedAt: HOSTILE_TIMES,
      expiresAt: HOSTILE_TIMES,
      absoluteExpiresAt: HOSTILE_TIMES,
      revokedAt: times,
      userAgent: texts,
      ip: texts,
      methods: HOSTILE_METHODS,
      authenticatedAt: HOSTILE_TIMES,
      remember: HOSTILE_FLAGS,
      actorId: texts,
    };
    for (const [field, values] of Object.entries(fields)) {
      for (const value of values) {
        const hostile: SessionRecord = { ...record({ userId: session.userId }), [field]: value };
        assert.ok(await rejects(() => store.create(hostile)), field);
        if (field !== 'id') assert.equal(await store.find(hostile.id), null, field);
      }
    }
    assertSame(await store.find(session.id), session);
    const [only, ...others] = await store.listActive(session.userId, page(session));
    assertSame(only, session);
    assert.deepEqual(others, []);
  });

  test('SessionStore: a limit or a time of the wrong type is not "all"', async () => {
    const { store, session } = await setUp();
    for (const value of HOSTILE_NUMBERS) {
      const limit = value as number;
      for (const hostile of [{ limit }, { offset: limit }]) {
        if (value === undefined && 'offset' in hostile) continue;
        const asked: SessionPage = { ...page(session), ...hostile };
        assert.ok(await refusesOr(isEmpty, () => store.listActive(session.userId, asked)), 'listActive');
      }
      assert.ok(await refusesOr(isEmpty, () => store.revokeAll(session.userId, { limit })), 'revokeAll');
      await assertNoneRevoked(store, later(session), { limit });
    }
    for (const value of HOSTILE_TIMES) {
      const time = value as Date;
      const asked = { now: time, limit: 10 };
      assert.ok(await refusesOr(isEmpty, () => store.listActive(session.userId, asked)), 'listActive');
      assert.ok(
        await refusesOr(
          (deleted) => deleted === 0,
          () => store.deleteExpired(time),
        ),
        'deleteExpired',
      );
      await assertNoneRevoked(store, time, { limit: 10 });
    }
    assertSame(await store.find(session.id), session);
  });

  async function assertNoneRevoked(store: SessionStore, since: Date, asked: { readonly limit: number }) {
    const { revokedSince } = store;
    if (revokedSince) assert.ok(await refusesOr(isEmpty, () => revokedSince.call(store, since, asked)), 'revokedSince');
  }
}
