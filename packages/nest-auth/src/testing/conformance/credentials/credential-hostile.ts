import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { CredentialPatch, NewCredential } from '@acme/nest-auth';
import { HOSTILE, HOSTILE_TEXT, refusesOr, rejects } from '../kit.js';
import { type CredentialStoreConformance, credential, setUpOf } from './credential-record.js';

/** Objects that mysql2 writes into a statement as `key = value`. */
const CONDITIONS: readonly unknown[] = [{ id: 1 }, { user_id: 1 }, { kind: 1 }, { version: 1 }, { equals: '' }];
const HOSTILE_TEXTS = [...HOSTILE, ...CONDITIONS, ...HOSTILE_TEXT];
const HOSTILE_TIMES: readonly unknown[] = [{}, 'now', '2030-01-01T00:00:00.000Z', 0, true, [], new Date(Number.NaN)];
const HOSTILE_VERSIONS: readonly unknown[] = ['1', undefined, null, {}, { gte: 0 }, [1], true, 1n, 1.5, 2 ** 53];

const cycle: Record<string, unknown> = {};
cycle.self = cycle;
/** Values that JSON changes or omits, and keys that reach a prototype. */
const HOSTILE_DATA: readonly unknown[] = [
  undefined,
  null,
  'text',
  1,
  [],
  [{ a: 1 }],
  new Map([['a', 1]]),
  new Date(0),
  { a: undefined },
  { a: [undefined] },
  { a: () => 1 },
  { a: 1n },
  { a: Number.NaN },
  { a: Number.POSITIVE_INFINITY },
  { a: new Date(0) },
  { a: new Map() },
  { a: new Uint8Array(2) },
  { toJSON: () => ({}) },
  cycle,
  JSON.parse('{"__proto__":{"admin":true}}'),
  JSON.parse('{"a":[{"__proto__":1}]}'),
  { a: { constructor: 1 } },
  { prototype: {} },
];

/** No method uses a value of the wrong type as a condition, and no method writes it. */
export function hostileCredentials(kit: CredentialStoreConformance): void {
  const { test } = kit;
  const setUp = setUpOf(kit);
  const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;
  const isNull = (value: unknown) => value === null;
  const isFalse = (value: unknown) => value === false;
  const isNone = (value: unknown) => value === 0;

  test('CredentialStore: a value that is not a string finds, changes and deletes nothing', async () => {
    const { store, added, stored } = await setUp();
    const { userId, id, kind, key } = added;
    for (const value of HOSTILE_TEXTS) {
      const hostile = value as string;
      const calls: [string, (answer: unknown) => boolean, () => Promise<unknown>][] = [
        ['find, the kind', isNull, () => store.find(hostile, key)],
        ['find, the key', isNull, () => store.find(kind, hostile)],
        ['list', isEmpty, () => store.list(hostile)],
        ['list of a kind', isEmpty, () => store.list(hostile, kind)],
        ['update', isFalse, () => store.update(hostile, 1, { data: {} })],
        ['delete, the user', isFalse, () => store.delete(hostile, id)],
        ['delete, the id', isFalse, () => store.delete(userId, hostile)],
        ['deleteAll', isNone, () => store.deleteAll(hostile)],
        ['deleteAll of a kind', isNone, () => store.deleteAll(hostile, kind)],
      ];
      // Only `undefined` means every kind.
      if (value !== undefined) {
        calls.push(['list, the kind', isEmpty, () => store.list(userId, hostile)]);
        calls.push(['deleteAll, the kind', isNone, () => store.deleteAll(userId, hostile)]);
      }
      for (const [method, expected, call] of calls) assert.ok(await refusesOr(expected, call), method);
    }
    assert.deepEqual(await store.find(kind, key), stored);
  });

  test('CredentialStore: a credential with a field of the wrong type is refused, and nothing is written', async () => {
    const { store, added, stored } = await setUp();
    const fields: Record<keyof NewCredential, readonly unknown[]> = {
      id: HOSTILE_TEXTS,
      userId: HOSTILE_TEXTS,
      kind: HOSTILE_TEXTS,
      key: HOSTILE_TEXTS,
      data: HOSTILE_DATA,
      createdAt: [...HOSTILE_TIMES, undefined, null],
      lastUsedAt: [...HOSTILE_TIMES, undefined],
      expiresAt: [...HOSTILE_TIMES, undefined],
    };
    for (const [field, values] of Object.entries(fields)) {
      for (const value of values) {
        const hostile: NewCredential = { ...credential({ userId: added.userId }), [field]: value };
        assert.ok(await rejects(() => store.create(hostile)), field);
        if (field !== 'kind' && field !== 'key') assert.equal(await store.find(hostile.kind, hostile.key), null, field);
      }
    }
    for (const value of HOSTILE) assert.ok(await rejects(() => store.create(value as NewCredential)));
    assert.deepEqual([...(await store.list(added.userId))], [stored]);
  });

  test('CredentialStore: a version of the wrong type is not "any"', async () => {
    const { store, added, stored } = await setUp();
    for (const value of HOSTILE_VERSIONS) {
      const version = value as number;
      assert.ok(await refusesOr(isFalse, () => store.update(added.id, version, { data: {} })), String(version));
    }
    assert.deepEqual(await store.find(added.kind, added.key), stored);
  });

  test('CredentialStore: a patch with a field of the wrong type is refused, and changes nothing', async () => {
    const { store, added, stored } = await setUp();
    const fields: Record<keyof CredentialPatch, readonly unknown[]> = {
      key: HOSTILE_TEXTS.filter((value) => value !== undefined),
      data: HOSTILE_DATA.filter((value) => value !== undefined),
      lastUsedAt: [...HOSTILE_TIMES, null],
      expiresAt: HOSTILE_TIMES,
    };
    for (const [field, values] of Object.entries(fields)) {
      for (const value of values) {
        const hostile: CredentialPatch = { [field]: value };
        assert.ok(await rejects(() => store.update(added.id, 1, hostile)), field);
      }
    }
    for (const value of [undefined, null, 1, 'text', [], [['data', {}]]])
      assert.ok(await rejects(() => store.update(added.id, 1, value as CredentialPatch)), String(value));
    assert.deepEqual(await store.find(added.kind, added.key), stored);
  });

  test('CredentialStore: a patch never moves a credential to another user, id, kind or version', async () => {
    const { store, added } = await setUp();
    const other = randomUUID();
    const foreign = { id: other, userId: other, kind: 'other-kind', version: 7, createdAt: new Date(0) };
    for (const [field, value] of Object.entries(foreign)) {
      const before = await store.find(added.kind, added.key);
      const version = before?.version ?? 0;
      const isDone = await store.update(added.id, version, { [field]: value } as CredentialPatch).catch(() => false);
      const expected = { ...before, version: isDone ? version + 1 : version };
      assert.deepEqual(await store.find(added.kind, added.key), expected, field);
    }
    assert.deepEqual([...(await store.list(other))], []);
  });
}
