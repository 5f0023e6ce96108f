import { randomUUID } from 'node:crypto';
import type { NewCredential } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import type { CredentialRow, StoredCredential } from './credential-values.js';
import { type CredentialQueries, TableCredentialStore } from './table-credential-store.js';

const credential: NewCredential = {
  id: randomUUID(),
  userId: '7',
  kind: 'totp',
  key: 'ключ',
  data: { step: 1 },
  createdAt: new Date(0),
  lastUsedAt: null,
  expiresAt: null,
};
const stored = { ...credential, version: 1 };

/** A store whose queries fail, except those given; and the arguments of each call. */
function storeOf(queries: Partial<CredentialQueries> = {}) {
  const calls: unknown[][] = [];
  const asked = new Proxy({} as CredentialQueries, {
    get:
      (_, name: keyof CredentialQueries) =>
      async (...args: unknown[]) => {
        calls.push([name, ...args]);
        const query = queries[name] as ((...args: unknown[]) => unknown) | undefined;
        if (!query) throw new Error('down');
        return query(...args);
      },
  });
  return { store: new TableCredentialStore(asked), calls };
}

describe('a credentials table', () => {
  test('has data as JSON text, and version 1 at first', async () => {
    const { store, calls } = storeOf({ insert: async () => 1 });
    expect(await store.create({ ...credential, version: 7, extra: 1 } as NewCredential)).toBe(true);
    const row: CredentialRow = { ...stored, data: '{"step":1}' };
    expect(calls).toEqual([['insert', row]]);
  });

  test.each<[string, Partial<StoredCredential>]>([
    ['text', {}],
    ['bytes and text for numbers', { key: Buffer.from(credential.key), version: '1' }],
    ['bytes that are no Buffer', { key: new TextEncoder().encode(credential.key) }],
  ])('is read whether the driver answers with %s', async (_, form) => {
    const row: StoredCredential = { ...stored, data: '{"step":1}', ...form };
    const { store } = storeOf({ find: async () => row, list: async () => [row] });
    expect(await store.find('totp', credential.key)).toEqual(stored);
    expect(await store.list('7')).toEqual([stored]);
  });

  test('is asked for one kind or for all', async () => {
    const { store, calls } = storeOf({ list: async () => [], delete: async () => 2 });
    await store.list('7');
    await store.list('7', 'totp');
    expect(await store.deleteAll('7')).toBe(2);
    expect(await store.deleteAll('7', 'totp')).toBe(2);
    const selections = [{ userId: '7' }, { userId: '7', kind: 'totp' }];
    expect(calls).toEqual(['list', 'delete'].flatMap((method) => selections.map((which) => [method, which])));
  });

  test('says by an error or by 0 that an id or a key is taken', async () => {
    const refusals = [async () => 0, () => Promise.reject(Object.assign(new Error('taken'), { code: '23505' }))];
    for (const write of refusals) {
      const { store } = storeOf({ insert: write, update: write });
      expect(await store.create(credential)).toBe(false);
      expect(await store.update(credential.id, 1, { key: 'taken' })).toBe(false);
    }
  });

  test('that is down makes every method reject', async () => {
    const { store } = storeOf();
    const { id, userId, kind, key } = credential;
    for (const call of [
      () => store.create(credential),
      () => store.find(kind, key),
      () => store.list(userId),
      () => store.update(id, 1, {}),
      () => store.delete(userId, id),
      () => store.deleteAll(userId),
    ])
      await expect(call()).rejects.toThrow('down');
  });

  test('is written what a patch names, and nothing else', async () => {
    const { store, calls } = storeOf({ update: async () => 1 });
    const { id } = credential;
    await store.update(id, 3, { data: { a: null }, key: undefined, expiresAt: null });
    await store.update(id, 4, {});
    expect(calls).toEqual([
      ['update', id, 3, { data: '{"a":null}', expiresAt: null }],
      ['update', id, 4, {}],
    ]);
  });

  test('never sees a value of the wrong type', async () => {
    const { store, calls } = storeOf();
    const hostile = { not: '' } as never;
    const { id, userId, kind, key } = credential;
    expect(await store.find(hostile, key)).toBeNull();
    expect(await store.find(kind, 'a\0b')).toBeNull();
    expect(await store.list(userId, hostile)).toEqual([]);
    expect(await store.list('7 ')).toEqual([]);
    expect(await store.update('x', 1, {})).toBe(false);
    expect(await store.update(id, '1' as never, {})).toBe(false);
    expect(await store.delete(userId, 'x')).toBe(false);
    expect(await store.deleteAll('')).toBe(0);
    await expect(store.create({ ...credential, data: [] as never })).rejects.toThrow(TypeError);
    await expect(store.update(id, 1, { data: { a: 'x'.repeat(16 * 1024) } })).rejects.toThrow(RangeError);
    expect(calls).toEqual([]);
  });
});
