import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { race } from '../kit.js';
import { type CredentialStoreConformance, credential, setUpOf } from './credential-record.js';

/** Keys that some collation treats as equal to `key é ß`. */
const LOOK_ALIKES: readonly string[] = [
  'KEY é ß',
  'Key é ß',
  'key e ß',
  'key e\u0301 ß',
  'key É ß',
  'key é ss',
  'key é ß ',
  ' key é ß',
  'key é ß\t',
  'key é ß\u00a0',
  'key  é ß',
  'ｋey é ß',
  '\u212aey é ß',
  'kеy é ß', // a Cyrillic е
  'key é ß\u200b',
  'k_y é ß',
  'k%',
  '%',
  '*',
  'key é ß*',
  '🙂',
  '😀',
  '1',
  '01',
  '1.0',
  "key' OR '1'='1",
  '"key"',
  'key\\',
  'a:b',
  '{a}',
  '\u0001',
];

/** Keys are exact bytes, unique within their kind, and can be changed. */
export function credentialKeys(kit: CredentialStoreConformance): void {
  const { test } = kit;
  const setUp = setUpOf(kit);

  test('CredentialStore: keys that look alike are different: case, accents, spaces, wildcards', async () => {
    const { store, added, stored } = await setUp();
    // The kind is unique, because a tag in the key would hide a space at its end.
    const kind = `kit-${randomUUID().slice(0, 8)}`;
    const rows = ['key é ß', ...LOOK_ALIKES].map((key) => credential({ userId: added.userId, kind, key }));
    const versions = new Map<string, number>();
    for (const [place, row] of rows.entries()) {
      assert.equal(await store.find(kind, row.key), null, JSON.stringify(row.key));
      // Every second credential gets its key by an update.
      const isUpdated = place % 2 === 1;
      const first = isUpdated ? { ...row, key: randomUUID() } : row;
      assert.equal(await store.create(first), true, JSON.stringify(row.key));
      if (isUpdated) assert.equal(await store.update(row.id, 1, { key: row.key }), true, JSON.stringify(row.key));
      versions.set(row.id, isUpdated ? 2 : 1);
    }
    for (const row of rows)
      assert.deepEqual(await store.find(kind, row.key), { ...row, version: versions.get(row.id) });
    assert.deepEqual(await store.find(added.kind, added.key), stored);
  });

  test('CredentialStore: a key has up to 512 characters, of any alphabet, and each counts', async () => {
    const { store, added } = await setUp();
    const tag = randomUUID();
    for (const letter of ['x', 'é', '用', '🙂']) {
      const long = `${tag}${letter.repeat(Math.floor((511 - tag.length) / letter.length))}`;
      for (const key of [`${long}a`, `${long}b`]) {
        const each = credential({ userId: added.userId, key });
        assert.equal(await store.create(each), true, letter);
        assert.deepEqual(await store.find(each.kind, key), { ...each, version: 1 });
      }
    }
    for (const key of ['', 'x'.repeat(513)]) {
      await assert.rejects(store.create(credential({ userId: added.userId, key })), `of ${key.length} characters`);
      await assert.rejects(store.update(added.id, 1, { key }), `of ${key.length} characters`);
      assert.equal(await store.find(added.kind, key), null);
    }
  });

  test('CredentialStore: a kind is 1 to 32 of a to z, 0 to 9 and hyphens', async () => {
    const { store, added } = await setUp({ kind: 'a-9'.padEnd(32, 'x') });
    assert.deepEqual(await store.find(added.kind, added.key), { ...added, version: 1 });
    for (const kind of ['', 'x'.repeat(33), 'Kit', 'kit ', 'k_t', 'k:t', 'kít', '*', '%']) {
      const other = credential({ userId: added.userId, kind });
      await assert.rejects(store.create(other), JSON.stringify(kind));
      assert.equal(await store.find(kind, added.key), null);
      assert.deepEqual([...(await store.list(added.userId, kind))], []);
      assert.equal(await store.deleteAll(added.userId, kind), 0);
    }
    assert.equal((await store.list(added.userId)).length, 1);
  });

  test('CredentialStore: a changed key is found, and the old one is free again', async () => {
    const { store, added } = await setUp();
    const key = `${added.key}-new`;
    assert.equal(await store.update(added.id, 1, { key }), true);
    assert.equal(await store.find(added.kind, added.key), null);
    assert.deepEqual(await store.find(added.kind, key), { ...added, key, version: 2 });
    assert.equal(await store.create(credential({ userId: added.userId, key: added.key })), true);
    assert.equal(await store.update(added.id, 2, { key, data: {} }), true, 'its own key is not taken');
  });

  test('CredentialStore: update to a taken key returns false, and changes nothing', async () => {
    const { store, added, stored } = await setUp();
    const other = credential({ userId: added.userId });
    const ofOtherKind = credential({ userId: added.userId, kind: 'other-kind' });
    for (const each of [other, ofOtherKind]) await store.create(each);
    assert.equal(await store.update(added.id, 1, { key: other.key, data: { stolen: true } }), false);
    assert.deepEqual(await store.find(added.kind, added.key), stored);
    assert.deepEqual(await store.find(other.kind, other.key), { ...other, version: 1 });
    assert.equal(await store.update(added.id, 1, { key: ofOtherKind.key }), true, 'the same key in another kind');
  });

  test('CredentialStore: of 20 credentials that change to one key one gets it', async () => {
    const { store, added } = await setUp();
    const rivals = Array.from({ length: 20 }, () => credential({ userId: added.userId }));
    for (const rival of rivals) await store.create(rival);
    const key = randomUUID();
    const answers = await race(20, (racer) => store.update(rivals[racer]?.id ?? '', 1, { key }));
    assert.equal(answers.filter(Boolean).length, 1);
    assert.deepEqual(await store.find('kit', key), { ...rivals[answers.indexOf(true)], key, version: 2 });
    for (const [racer, rival] of rivals.entries()) {
      const expected = answers[racer] ? null : { ...rival, version: 1 };
      assert.deepEqual(await store.find('kit', rival.key), expected);
    }
  });
}
