import { describe, expect, jest, test } from '@jest/globals';
import { type EphemeralQueries, TableEphemeralStore } from './table-ephemeral-store.js';

/** Queries that return what a test gives, and record their arguments. */
function setUp(answers: Partial<Record<keyof EphemeralQueries, unknown>> = {}) {
  const calls: unknown[][] = [];
  const queries = new Proxy({} as EphemeralQueries, {
    get:
      (_, name: keyof EphemeralQueries) =>
      async (...args: unknown[]) => {
        calls.push([name, ...args]);
        if (!(name in answers)) throw new Error('down');
        return answers[name];
      },
  });
  return { store: new TableEphemeralStore(queries), calls };
}

describe('a table of short-lived values', () => {
  test('gets the end of a value, not its lifetime, and the current time', async () => {
    jest.useFakeTimers({ now: 1000 });
    try {
      const { store, calls } = setUp({ put: 1, putIfAbsent: 1, take: null, get: null, deleteExpired: 3 });
      await store.put('k', 'v', 1.5);
      await store.putIfAbsent('k', 'v', 60);
      await store.take('k');
      await store.get('k');
      expect(await store.deleteExpired()).toBe(3);
      const now = new Date(1000);
      expect(calls).toEqual([
        ['put', { key: 'k', value: 'v', expiresAt: new Date(2500) }],
        ['putIfAbsent', { key: 'k', value: 'v', expiresAt: new Date(61_000) }, now],
        ['take', 'k', now],
        ['get', 'k', now],
        ['deleteExpired', now],
      ]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('answers with the value of the row that the database found', async () => {
    for (const row of [{ value: '' }, { value: 'v' }]) {
      const { store } = setUp({ take: row, get: row });
      expect([await store.take('k'), await store.get('k')]).toEqual([row.value, row.value]);
    }
    for (const row of [null, undefined]) {
      const { store } = setUp({ take: row, get: row });
      expect([await store.take('k'), await store.get('k')]).toEqual([null, null]);
    }
  });

  test('stored something only if one row was written', async () => {
    expect(await setUp({ putIfAbsent: 1 }).store.putIfAbsent('k', 'v', 1)).toBe(true);
    expect(await setUp({ putIfAbsent: 0 }).store.putIfAbsent('k', 'v', 1)).toBe(false);
  });

  test('that is down makes every method reject', async () => {
    const { store } = setUp();
    for (const call of [
      () => store.put('k', 'v', 1),
      () => store.putIfAbsent('k', 'v', 1),
      () => store.take('k'),
      () => store.get('k'),
      () => store.deleteExpired(),
    ])
      await expect(call()).rejects.toThrow('down');
  });

  test.each([undefined, null, 7, {}, ['k'], 'a\0b', '\ud800'])('never sees %j as a text', async (value) => {
    const { store, calls } = setUp();
    const hostile = value as string;
    expect([await store.take(hostile), await store.get(hostile)]).toEqual([null, null]);
    for (const put of [store.put.bind(store), store.putIfAbsent.bind(store)]) {
      await expect(put(hostile, 'v', 1)).rejects.toThrow(TypeError);
      await expect(put('k', hostile, 1)).rejects.toThrow(TypeError);
    }
    expect(calls).toEqual([]);
  });

  test.each([undefined, null, '60', Number.NaN, Number.POSITIVE_INFINITY])(
    'never sees a lifetime of %j',
    async (ttl) => {
      const { store, calls } = setUp();
      await expect(store.put('k', 'v', ttl as number)).rejects.toThrow(TypeError);
      await expect(store.putIfAbsent('k', 'v', ttl as number)).rejects.toThrow(TypeError);
      expect(calls).toEqual([]);
    },
  );
});
