import { inspect } from 'node:util';
import { describe, expect, jest, test } from '@jest/globals';
import { AuthError } from '../errors/auth-error.js';
import { guardStore } from './guarded-store.js';

const TIMEOUT = 50;

class Store {
  readonly #rows = new Map([['a', 1]]);
  readonly label = 'rows';

  async find(key: string): Promise<number | null> {
    return this.#rows.get(key) ?? null;
  }
}

const guard = (find: () => unknown) => guardStore({ find } as { find(): Promise<unknown> }, 'UserStore', TIMEOUT);
const unavailable = expect.objectContaining({ code: 'store_unavailable', retryAfter: 1 });

describe('a guarded store', () => {
  test('passes calls, answers and plain members through, private fields included', async () => {
    const store = guardStore(new Store(), 'Store', TIMEOUT);
    expect([await store.find('a'), await store.find('b'), store.label]).toEqual([1, null, 'rows']);
    expect(store.find).toBe(store.find);
    expect(Reflect.get(store, 'missing')).toBeUndefined();
  });

  test('sees a method that is replaced later, as spies do', async () => {
    const inner = new Store();
    const store = guardStore(inner, 'Store', TIMEOUT);
    expect(await store.find('a')).toBe(1);
    inner.find = async () => 2;
    expect(await store.find('a')).toBe(2);
  });

  test.each([
    ['rejects', () => Promise.reject(new Error('ECONNREFUSED'))],
    [
      'throws before it returns a promise',
      () => {
        throw new Error('pool is closed');
      },
    ],
    ['rejects with a value that is not an error', () => Promise.reject('down')],
    ['rejects with nothing', () => Promise.reject(undefined)],
    [
      'rejects with a proxy that was revoked',
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return Promise.reject(proxy);
      },
    ],
    ['imitates an exception of HTTP', () => Promise.reject({ getStatus: () => 200, getResponse: () => ({}) })],
    ['imitates one of our codes', () => Promise.reject({ code: 'login_taken' })],
  ])('that %s is unavailable', async (_, find) => {
    await expect(guard(find).find()).rejects.toEqual(unavailable);
  });

  test('that never answers is unavailable at the moment when the time is up', async () => {
    jest.useFakeTimers();
    try {
      const refused = jest.fn();
      guard(() => new Promise(() => {}))
        .find()
        .catch(refused);
      await jest.advanceTimersByTimeAsync(TIMEOUT - 1);
      expect(refused).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(1);
      expect(refused).toHaveBeenCalledWith(unavailable);
    } finally {
      jest.useRealTimers();
    }
  });

  test('our own codes pass: a taken login is an answer, not an outage', async () => {
    const taken = new AuthError('login_taken');
    await expect(guard(() => Promise.reject(taken)).find()).rejects.toBe(taken);
  });

  test('an exception of HTTP passes as it is', async () => {
    const exception = { getStatus: () => 402, getResponse: () => ({}) };
    await expect(guard(() => Promise.reject(exception)).find()).rejects.toBe(exception);
  });

  test.each([
    ['a mistake', new TypeError('x is not a function'), 'contract_broken'],
    [
      'an outage that Node words like one',
      new TypeError('fetch failed', { cause: new Error('') }),
      'store_unavailable',
    ],
  ])('%s: %p is %s', async (_, error, code) => {
    await expect(guard(() => Promise.reject(error)).find()).rejects.toEqual(expect.objectContaining({ code }));
  });

  test("one of our codes loses the driver's error behind it", async () => {
    const driver = Object.assign(new Error('hunter2'), { parameters: ['hunter2'], code: '23505' });
    const refused = await guard(() => Promise.reject(new AuthError('login_taken', { cause: driver })))
      .find()
      .catch((error: AuthError) => error);
    expect((refused as AuthError).cause).toMatchObject({ code: '23505' });
    expect(inspect(refused, { depth: Infinity, showHidden: true })).not.toContain('hunter2');
  });

  test('an inspection of it shows nothing of the store', () => {
    const store = guardStore({ pool: { password: 'hunter2' }, find: async () => null }, 'Store', TIMEOUT);
    expect(inspect(store, { depth: Infinity, showHidden: true, showProxy: true })).not.toContain('hunter2');
    expect(JSON.stringify(store)).toBe('{}');
  });

  test('a rejection after the deadline is ignored', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    try {
      let reject: (error: Error) => void = () => {};
      const late = new Promise((_, no) => {
        reject = no;
      });
      await expect(guard(() => late).find()).rejects.toEqual(unavailable);
      reject(new Error('too late'));
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });

  test('an answer in time leaves no timer behind', async () => {
    jest.useFakeTimers();
    try {
      await guardStore(new Store(), 'Store', TIMEOUT).find('a');
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test('its error names the class of the store, and where it failed', async () => {
    class Broken {
      async find(): Promise<number | null> {
        throw new Error('hunter2');
      }
    }
    const refused = await guardStore(new Broken(), 'UserStore', TIMEOUT)
      .find()
      .catch((error) => error);
    expect(refused.cause).toMatchObject({
      owner: 'Broken',
      where: expect.stringMatching(/guarded-store\.spec\.ts:\d+/),
    });
  });

  test("its error names the call and the kind of failure, but repeats nothing of the driver's message", async () => {
    const driver = Object.assign(new TypeError("duplicate key: ('ann@example.org', '$2b$12$secret')"), {
      code: '23505',
    });
    const refused = await guard(() => Promise.reject(driver))
      .find()
      .catch((error) => error);
    const { message, cause } = refused as AuthError;
    expect(message).toBe('A store did not answer. Try again shortly.');
    expect((cause as Error).message).toBe('UserStore.find failed with TypeError 23505');
  });
});
