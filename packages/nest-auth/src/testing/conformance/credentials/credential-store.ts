import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { race } from '../kit.js';
import { hostileCredentials } from './credential-hostile.js';
import { credentialKeys } from './credential-keys.js';
import { at, type CredentialStoreConformance, credential, setUpOf } from './credential-record.js';
import { credentialsOfUsers } from './credential-users.js';

export type { CredentialStoreConformance } from './credential-record.js';

/**
 * Proves a `CredentialStore`, races included.
 *
 * @example
 * ```ts
 * credentialStoreConformance({ test, factory: () => new MyCredentialStore(pool) });
 * ```
 */
export function credentialStoreConformance(kit: CredentialStoreConformance): void {
  credentialRows(kit);
  credentialUpdates(kit);
  credentialKeys(kit);
  credentialsOfUsers(kit);
  hostileCredentials(kit);
}

/** Data that a database, a driver or incorrect JSON code could change. */
const EXACT: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { text: 'ü 🙂 é e\u0301 "\'\\ \u2028 \u0000 \ud800 <b>', empty: '', spaces: '  a  ', json: '{"a":1}' },
  { zero: 0, negative: -1.5, big: 2 ** 53 - 1, huge: 1.7976931348623157e308, tiny: 5e-324, round: 1e21, third: 1 / 3 },
  { none: null, yes: true, no: false, list: [], object: {}, mixed: [null, [1, ['2', { three: 3 }]], false] },
  { 'a.b': 1, $ne: 2, '': 3, ' ': 4, ключ: 5, toString: 6, hasOwnProperty: 7, 1: 8, time: '2030-01-01T00:00:00.000Z' },
  { deep: JSON.parse(`${'[{"a":'.repeat(200)}1${'}]'.repeat(200)}`) },
];
/** One byte of JSON for each letter, and 8 for the rest: `{"a":""}`. */
const dataOf = (bytes: number) => ({ a: 'x'.repeat(bytes - 8) });
const LIMIT = 16 * 1024;

function credentialRows(kit: CredentialStoreConformance): void {
  const { test } = kit;
  const setUp = setUpOf(kit);

  test('CredentialStore: a credential is found as it was created, to the millisecond, with version 1', async () => {
    const { store, added, stored } = await setUp({ lastUsedAt: at(1), expiresAt: at(2) });
    assert.deepEqual(await store.find(added.kind, added.key), stored);
    const bare = credential({ userId: added.userId });
    assert.equal(await store.create(bare), true);
    assert.deepEqual(await store.find(bare.kind, bare.key), { ...bare, version: 1 });
  });

  test('CredentialStore: data comes back exactly, from create and from update', async () => {
    const { store, added } = await setUp();
    for (const [version, data] of EXACT.entries()) {
      const other = credential({ userId: added.userId, data });
      assert.equal(await store.create(other), true);
      assert.deepEqual((await store.find(other.kind, other.key))?.data, data);
      assert.equal(await store.update(added.id, version + 1, { data }), true);
      assert.deepEqual((await store.find(added.kind, added.key))?.data, data);
    }
  });

  test('CredentialStore: data of 16 KiB is kept, and longer data is refused', async () => {
    const { store, added } = await setUp({ data: dataOf(LIMIT) });
    const stored = { ...added, version: 1 };
    assert.deepEqual(await store.find(added.kind, added.key), stored);
    for (const data of [dataOf(LIMIT + 1), { a: 'ü'.repeat(LIMIT / 2) }, { a: Array(LIMIT).fill(0) }]) {
      const long = credential({ userId: added.userId, data });
      await assert.rejects(store.create(long), 'create');
      assert.equal(await store.find(long.kind, long.key), null);
      await assert.rejects(store.update(added.id, 1, { data }), 'update');
    }
    assert.deepEqual(await store.find(added.kind, added.key), stored);
  });

  test('CredentialStore: an object that was handed over or received changes nothing in the store', async () => {
    const data = { list: [1] };
    const { store, added } = await setUp({ data });
    data.list.push(2);
    const found = await store.find(added.kind, added.key);
    if (Array.isArray(found?.data.list)) found.data.list.push(3);
    assert.deepEqual((await store.find(added.kind, added.key))?.data, { list: [1] });
  });

  test('CredentialStore: create with a taken id or key returns false, and leaves the first credential unchanged', async () => {
    const { store, added, stored } = await setUp();
    const other = credential({ userId: added.userId, data: { other: true } });
    assert.equal(await store.create({ ...other, id: added.id }), false, 'the id');
    assert.equal(await store.create({ ...other, key: added.key }), false, 'the key');
    assert.equal(await store.create(added), false, 'both');
    assert.deepEqual(await store.find(added.kind, added.key), stored);
    assert.deepEqual([...(await store.list(added.userId))], [stored]);
    const ofOtherKind = { ...other, kind: 'other-kind', key: added.key };
    assert.equal(await store.create(ofOtherKind), true, 'the same key in another kind');
    assert.deepEqual(await store.find(added.kind, added.key), stored);
    assert.deepEqual(await store.find('other-kind', added.key), { ...ofOtherKind, version: 1 });
  });

  test('CredentialStore: of 50 creators with one key one succeeds', async () => {
    const { store, added } = await setUp();
    const key = randomUUID();
    const rivals = Array.from({ length: 50 }, (_, racer) => credential({ userId: added.userId, key, data: { racer } }));
    const created = await race(50, (racer) => store.create(rivals[racer] ?? added));
    assert.equal(created.filter(Boolean).length, 1);
    assert.deepEqual(await store.find('kit', key), { ...rivals[created.indexOf(true)], version: 1 });
    assert.equal((await store.list(added.userId)).length, 2);
  });
}

function credentialUpdates(kit: CredentialStoreConformance): void {
  const { test } = kit;
  const setUp = setUpOf(kit);

  test('CredentialStore: update changes the fields that it names, and adds one to the version', async () => {
    const { store, added } = await setUp();
    const patches = [
      { data: { step: 1 } },
      { lastUsedAt: at(5) },
      { expiresAt: at(9) },
      { key: randomUUID() },
      {},
      { data: undefined, key: undefined, lastUsedAt: undefined, expiresAt: undefined },
      { expiresAt: null },
      { key: randomUUID(), data: { step: 2 }, lastUsedAt: at(6), expiresAt: at(10) },
    ];
    let expected = { ...added, version: 1 };
    for (const patch of patches) {
      assert.equal(await store.update(added.id, expected.version, patch), true, JSON.stringify(patch));
      const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
      expected = { ...expected, ...given, version: expected.version + 1 };
      assert.deepEqual(await store.find(added.kind, expected.key), expected);
    }
  });

  test('CredentialStore: update of another version, or of a deleted credential, returns false and changes nothing', async () => {
    const { store, added } = await setUp();
    assert.equal(await store.update(added.id, 1, { data: { moved: true } }), true);
    const moved = await store.find(added.kind, added.key);
    for (const version of [1, 3, 0, -1])
      assert.equal(await store.update(added.id, version, { data: {} }), false, `version ${version}`);
    for (const id of [randomUUID(), '', 'x', "' OR 1=1 --"])
      assert.equal(await store.update(id, 2, { data: {} }), false, id);
    assert.deepEqual(await store.find(added.kind, added.key), moved);
    assert.equal(await store.delete(added.userId, added.id), true);
    assert.equal(await store.update(added.id, 2, { data: {} }), false, 'deleted');
    assert.equal(await store.find(added.kind, added.key), null);
  });

  test('CredentialStore: of 50 updates of one version one wins', async () => {
    const { store, added } = await setUp();
    const answers = await race(50, (racer) => store.update(added.id, 1, { data: { racer }, lastUsedAt: at(racer) }));
    assert.equal(answers.filter(Boolean).length, 1);
    const racer = answers.indexOf(true);
    const expected = { ...added, data: { racer }, lastUsedAt: at(racer), version: 2 };
    assert.deepEqual(await store.find(added.kind, added.key), expected);
  });

  test('CredentialStore: each version is won once, in 20 duels', async () => {
    const { store, added } = await setUp();
    for (let version = 1; version <= 20; version++) {
      const answers = await race(4, (racer) => store.update(added.id, version, { data: { version, racer } }));
      assert.equal(answers.filter(Boolean).length, 1);
      const expected = { ...added, data: { version, racer: answers.indexOf(true) }, version: version + 1 };
      assert.deepEqual(await store.find(added.kind, added.key), expected);
    }
  });
}
