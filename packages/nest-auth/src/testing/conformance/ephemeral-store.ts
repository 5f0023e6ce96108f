import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { EphemeralStore } from '@acme/nest-auth';
import { type Conformance, HOSTILE, race, refusesOr, rejects } from './kit.js';

export interface EphemeralStoreConformance extends Conformance<EphemeralStore> {
  /** Lets time pass for the store. @default waits in real time */
  readonly elapse?: (seconds: number) => void | Promise<void>;
}

const reallyWait = (seconds: number): Promise<void> => wait(seconds * 1000 + 100);

/** Proves an `EphemeralStore`. */
export function ephemeralStoreConformance({ test, factory, elapse = reallyWait }: EphemeralStoreConformance): void {
  test('EphemeralStore: a value is read as it was put, until it is taken', async () => {
    const store = await factory();
    const [key, value] = [`key:${randomUUID()}`, `ü 🙂 ${'x'.repeat(4096)}`];
    assert.equal(await store.get(key), null);
    await store.put(key, value, 60);
    assert.equal(await store.get(key), value);
    assert.equal(await store.take(key), value);
    assert.equal(await store.get(key), null);
    assert.equal(await store.take(key), null);
  });

  test('EphemeralStore: put overwrites', async () => {
    const store = await factory();
    const key = randomUUID();
    await store.put(key, 'first', 60);
    await store.put(key, 'second', 60);
    assert.equal(await store.take(key), 'second');
  });

  test('EphemeralStore: keys are exact, not patterns', async () => {
    const store = await factory();
    const tag = randomUUID();
    await store.put(`${tag}:a`, 'a', 60);
    for (const key of [`${tag}:*`, `${tag}:%`, `${tag}:_`, `${tag}:A`, `${tag}:a `, `${tag}:`])
      assert.equal(await store.take(key), null, key);
    assert.equal(await store.take(`${tag}:a`), 'a');
  });

  test('EphemeralStore: of 50 takers one gets the value', async () => {
    const store = await factory();
    const key = randomUUID();
    await store.put(key, 'once', 60);
    const taken = await race(50, () => store.take(key));
    assert.deepEqual(
      taken.filter((value) => value !== null),
      ['once'],
    );
  });

  test('EphemeralStore: of 50 callers of putIfAbsent one stores', async () => {
    const store = await factory();
    const key = randomUUID();
    const stored = await race(50, (racer) => store.putIfAbsent(key, `value ${racer}`, 60));
    assert.equal(stored.filter(Boolean).length, 1);
    assert.equal(await store.get(key), `value ${stored.indexOf(true)}`);
  });

  test('EphemeralStore: an expired value is gone for every method', async () => {
    const store = await factory();
    const keys = [randomUUID(), randomUUID(), randomUUID()] as const;
    for (const key of keys) await store.put(key, 'old', 1);
    const lasting = randomUUID();
    await store.put(lasting, 'short', 1);
    await store.put(lasting, 'long', 60);
    await elapse(1);
    assert.equal(await store.get(keys[0]), null);
    assert.equal(await store.take(keys[1]), null);
    assert.equal(await store.putIfAbsent(keys[2], 'new', 60), true);
    assert.equal(await store.get(keys[2]), 'new');
    assert.equal(await store.get(lasting), 'long', 'a later put has the last word on the lifetime');
  });

  test('EphemeralStore: deleteExpired removes no live value', async () => {
    const store = await factory();
    const [old, lasting] = [randomUUID(), randomUUID()];
    await store.put(old, 'old', 1);
    await store.put(lasting, 'lasting', 60);
    await elapse(1);
    await store.deleteExpired?.();
    assert.equal(await store.get(old), null);
    assert.equal(await store.get(lasting), 'lasting');
  });

  test('EphemeralStore: a value that is not a string finds nothing', async () => {
    const store = await factory();
    const isNull = (found: unknown) => found === null;
    for (const value of HOSTILE) {
      const hostile = value as string;
      assert.ok(await refusesOr(isNull, () => store.get(hostile)), 'get');
      assert.ok(await refusesOr(isNull, () => store.take(hostile)), 'take');
    }
  });

  test('EphemeralStore: a key, a value or a lifetime of the wrong type is refused, and nothing is kept', async () => {
    const store = await factory();
    const key = randomUUID();
    for (const method of ['put', 'putIfAbsent'] as const) {
      const put = (...entry: Parameters<EphemeralStore['put']>): Promise<unknown> => store[method](...entry);
      for (const value of HOSTILE) {
        const hostile = value as string;
        assert.ok(await rejects(() => put(hostile, 'value', 60)), 'the key');
        assert.ok(await rejects(() => put(key, hostile, 60)), 'the value');
        const isLifetime = typeof value === 'number' && !Number.isNaN(value);
        if (!isLifetime) assert.ok(await rejects(() => put(key, 'value', value as number)), 'the lifetime');
        assert.equal(await store.get(key), null);
      }
      assert.ok(await rejects(() => put(key, 'value', Number.POSITIVE_INFINITY)), 'for ever');
    }
    assert.equal(await store.get(key), null);
  });
}
