import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { AttemptLimit, type AttemptLimitOptions, networkOf } from './attempt-limit.js';
import { AuthEvents } from './auth-event.js';

const at = (ip: string | null) => ({ ip, userAgent: null });
const HOME = at('192.0.2.1');
const ABROAD = at('198.51.100.7');
const LOGIN = 'ann@example.org';

let emitted: unknown[];

function limit(options: Partial<AttemptLimitOptions> = {}): AttemptLimit {
  emitted = [];
  const events = new AuthEvents(Date.now, () => {});
  events.subscribe((event) => emitted.push(event));
  return new AttemptLimit({
    account: { points: 3, duration: 900 },
    address: { points: 1000, duration: 900 },
    timeout: 50,
    key: Buffer.alloc(32, 7),
    events,
    ...options,
  });
}

const tooMany = expect.objectContaining({ code: 'too_many_attempts', retryAfter: expect.any(Number) });

async function take(limiter: AttemptLimit, times: number, device = HOME, login = LOGIN) {
  for (let i = 0; i < times; i++) await limiter.take('login', login, device);
}

describe('attempts on one login', () => {
  let limiter: AttemptLimit;
  beforeEach(() => {
    limiter = limit();
  });

  test('end with the budget, and say when to come back', async () => {
    await take(limiter, 3);
    const refusal = await limiter.take('login', LOGIN, HOME).catch((error) => error);
    expect(refusal).toEqual(tooMany);
    expect(refusal.retryAfter).toBeGreaterThan(890);
    expect(refusal.retryAfter).toBeLessThanOrEqual(900);
    expect(emitted).toEqual([{ type: 'throttled', action: 'login', device: HOME, at: expect.any(Date) }]);
  });

  test('are counted together, wherever they come from', async () => {
    for (const ip of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) await take(limiter, 1, at(ip));
    await expect(take(limiter, 1, at('192.0.2.4'))).rejects.toEqual(tooMany);
  });

  test('are counted without an address too', async () => {
    await take(limiter, 3, at(null));
    await expect(take(limiter, 1, at(null))).rejects.toEqual(tooMany);
  });

  test('are counted atomically: of 100 at once, no more pass than the budget has', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 100 }, () => limiter.take('login', LOGIN, HOME)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });

  test('that turned out to be the owner do not count', async () => {
    for (let i = 0; i < 10; i++) await (await limiter.take('login', LOGIN, HOME)).succeed();
    await take(limiter, 3);
  });

  test('leave other logins alone', async () => {
    await take(limiter, 3);
    await take(limiter, 3, HOME, 'bob@example.org');
  });
});

describe('attempts from one address', () => {
  test('end with its budget, however many logins they are spread over', async () => {
    const limiter = limit({ address: { points: 5, duration: 900 } });
    for (let i = 0; i < 5; i++) await take(limiter, 1, HOME, `user-${i}`);
    await expect(take(limiter, 1, HOME, 'user-5')).rejects.toEqual(tooMany);
    await take(limiter, 1, ABROAD, 'user-5');
  });

  test('are one bucket for a whole IPv6 /64, which one host can move about in', async () => {
    const limiter = limit({ address: { points: 2, duration: 900 } });
    await limiter.take('register', null, at('2001:db8:1:2::1'));
    await limiter.take('register', null, at('2001:db8:1:2:ffff:ffff:ffff:ffff'));
    await expect(limiter.take('register', null, at('2001:DB8:1:2:aaaa::5'))).rejects.toEqual(tooMany);
    await limiter.take('register', null, at('2001:db8:1:3::1'));
  });
});

test('an attempt that came to nothing is given back, and makes the address no known one', async () => {
  const limiter = limit();
  for (let i = 0; i < 10; i++) await (await limiter.take('login', LOGIN, HOME)).giveBack();
  await take(limiter, 3, ABROAD);
  await expect(take(limiter, 1, HOME)).rejects.toEqual(tooMany);
});

describe('an address that the account was used from before', () => {
  test('has a budget of its own: a flood from elsewhere does not lock the owner out', async () => {
    const limiter = limit();
    await (await limiter.take('login', LOGIN, HOME)).succeed();
    await take(limiter, 3, ABROAD);
    await expect(take(limiter, 1, ABROAD)).rejects.toEqual(tooMany);
    await take(limiter, 1, HOME);
  });

  test('has no more than that budget', async () => {
    const limiter = limit();
    await (await limiter.take('login', LOGIN, HOME)).succeed();
    await take(limiter, 3, HOME);
    await expect(take(limiter, 1, HOME)).rejects.toEqual(tooMany);
  });

  test('is known for that account only', async () => {
    const limiter = limit();
    await (await limiter.take('login', LOGIN, HOME)).succeed();
    await take(limiter, 3, ABROAD, 'bob@example.org');
    await expect(take(limiter, 1, HOME, 'bob@example.org')).rejects.toEqual(tooMany);
  });
});

test('the counters are told neither logins nor plain digests of them', async () => {
  const keys: string[] = [];
  class Spy extends RateLimiterMemory {
    override getKey(key: string | number): string {
      keys.push(String(key));
      return super.getKey(key);
    }
  }
  const limiter = limit({ limiter: (options) => new Spy(options) });
  await (await limiter.take('login', LOGIN, HOME)).succeed();
  expect(keys.length).toBeGreaterThan(2);
  const plain = (['hex', 'base64', 'base64url'] as const).map((form) =>
    createHash('sha256').update(LOGIN).digest(form).slice(0, 16),
  );
  for (const trace of ['ann', 'example', ...plain]) expect(keys.join(' ')).not.toContain(trace);
});

describe('counters that are down', () => {
  const unavailable = expect.objectContaining({ code: 'store_unavailable', retryAfter: 1 });
  const failures: [string, () => Promise<never>][] = [
    ['reject', () => Promise.reject(new Error('ECONNREFUSED redis://:hunter2@10.0.0.1'))],
    ['reject with nothing', () => Promise.reject(undefined)],
    ['reject with a string', () => Promise.reject('down')],
    [
      'throw',
      () => {
        throw new Error('closed');
      },
    ],
    ['never answer', () => new Promise(() => {})],
  ];

  test.each(failures)('refuse an attempt as unavailable, never allow it: consume %s', async (_, fail) => {
    const limiter = limit({ limiter: (options) => Object.assign(new RateLimiterMemory(options), { consume: fail }) });
    await expect(limiter.take('login', LOGIN, HOME)).rejects.toEqual(unavailable);
    expect(emitted).toEqual([]);
  });

  test.each(failures)('refuse an attempt as unavailable, never allow it: get %s', async (_, fail) => {
    const limiter = limit({ limiter: (options) => Object.assign(new RateLimiterMemory(options), { get: fail }) });
    await expect(limiter.take('login', LOGIN, HOME)).rejects.toEqual(unavailable);
  });

  test.each(failures)('are no wrong password after a right one: reward %s', async (_, fail) => {
    const limiter = limit({ limiter: (options) => Object.assign(new RateLimiterMemory(options), { reward: fail }) });
    const attempt = await limiter.take('login', LOGIN, HOME);
    await expect(attempt.succeed()).rejects.toEqual(unavailable);
  });

  test("do not put their driver's message, which may hold a password, where it is logged", async () => {
    const limiter = limit({
      limiter: (options) => Object.assign(new RateLimiterMemory(options), { consume: failures[0]?.[1] }),
    });
    const { cause } = await limiter.take('login', LOGIN, HOME).catch((error) => error);
    expect(cause.message).not.toContain('hunter2');
  });

  test('hold no timer once they have answered', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    try {
      const answering = { consume: async () => {}, get: async () => null, reward: async () => {}, set: async () => {} };
      const limiter = limit({ limiter: () => answering as never });
      await (await limiter.take('login', LOGIN, HOME)).succeed();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['fe80::2%eth1', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
  ['not an address', 'not an address'],
])('the network of %s is %s', (ip, network) => {
  expect(networkOf(ip)).toBe(network);
});
