import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { race } from '../kit.js';
import { at, type CredentialStoreConformance, credential, setUpOf } from './credential-record.js';

/** Only the user's own credentials are listed and deleted. */
export function credentialsOfUsers(kit: CredentialStoreConformance): void {
  const { test, userId = randomUUID } = kit;
  const setUp = setUpOf(kit);
  const fresh = () => ({ id: randomUUID(), key: randomUUID() });

  test('CredentialStore: list returns the oldest first, then by id; of one kind or of all', async () => {
    const { store, added } = await setUp({ createdAt: at(50) });
    const rows = [at(60), at(40), at(50), at(50), at(50), new Date(0)].map((createdAt, place) =>
      credential({ userId: added.userId, createdAt, kind: place % 2 ? 'kit' : 'other-kind' }),
    );
    for (const row of rows) await store.create(row);
    await store.create(credential({ userId: await userId() }));
    const expected = [added, ...rows]
      .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1))
      .map((row) => ({ ...row, version: 1 }));
    const ofKind = (kind: string) => expected.filter((row) => row.kind === kind);
    assert.deepEqual([...(await store.list(added.userId))], expected);
    assert.deepEqual([...(await store.list(added.userId, undefined))], expected);
    assert.deepEqual([...(await store.list(added.userId, 'kit'))], ofKind('kit'));
    assert.deepEqual([...(await store.list(added.userId, 'other-kind'))], ofKind('other-kind'));
    assert.deepEqual([...(await store.list(added.userId, 'third-kind'))], []);
  });

  test('CredentialStore: an expired credential is still found, listed and updated', async () => {
    const { store, added, stored } = await setUp({ createdAt: new Date(0), expiresAt: new Date(1) });
    assert.deepEqual(await store.find(added.kind, added.key), stored);
    assert.deepEqual([...(await store.list(added.userId))], [stored]);
    assert.equal(await store.update(added.id, 1, { expiresAt: new Date(2) }), true);
    assert.equal(await store.delete(added.userId, added.id), true);
  });

  test('CredentialStore: a user id is exact, not a pattern', async () => {
    const { store, added, stored } = await setUp();
    const { userId: owner, id } = added;
    for (const other of ['', ' ', '%', '_', '*', `${owner} `, ` ${owner}`, `${owner}*`, owner.slice(1), randomUUID()]) {
      assert.deepEqual([...(await store.list(other))], [], JSON.stringify(other));
      assert.equal(await store.delete(other, id), false, JSON.stringify(other));
      assert.equal(await store.deleteAll(other), 0, JSON.stringify(other));
    }
    assert.deepEqual(await store.find(added.kind, added.key), stored);
  });

  test('CredentialStore: delete removes a credential of the user, once, and its key is free again', async () => {
    const { store, added, stored } = await setUp();
    const other = credential({ userId: await userId() });
    await store.create(other);
    assert.equal(await store.delete(other.userId, added.id), false, "somebody else's");
    for (const id of [randomUUID(), '', 'x', "' OR 1=1 --"]) assert.equal(await store.delete(added.userId, id), false);
    assert.deepEqual(await store.find(added.kind, added.key), stored);
    const deleted = await race(10, () => store.delete(added.userId, added.id));
    assert.equal(deleted.filter(Boolean).length, 1);
    assert.equal(await store.find(added.kind, added.key), null);
    assert.deepEqual([...(await store.list(added.userId))], []);
    assert.deepEqual([...(await store.list(other.userId))], [{ ...other, version: 1 }]);
    assert.equal(await store.create({ ...added, userId: other.userId }), true);
  });

  test('CredentialStore: deleteAll removes one kind or all of a user, and tells how many', async () => {
    const { store, added } = await setUp();
    const own = [
      added,
      ...['kit', 'other-kind', 'third-kind'].map((kind) => credential({ ...added, ...fresh(), kind })),
    ];
    const other = credential({ userId: await userId() });
    for (const row of [...own.slice(1), other]) await store.create(row);
    assert.equal(await store.deleteAll(added.userId, 'no-such-kind'), 0);
    assert.equal(await store.deleteAll(added.userId, 'kit'), 2);
    assert.deepEqual((await store.list(added.userId)).map(({ kind }) => kind).sort(), ['other-kind', 'third-kind']);
    assert.equal(await store.deleteAll(added.userId), 2);
    assert.equal(await store.deleteAll(added.userId), 0);
    assert.deepEqual([...(await store.list(added.userId))], []);
    for (const { kind, key } of own) assert.equal(await store.find(kind, key), null);
    assert.deepEqual(await store.find(other.kind, other.key), { ...other, version: 1 });
    for (const row of own) assert.equal(await store.create(row), true, 'the keys are free again');
  });
}
