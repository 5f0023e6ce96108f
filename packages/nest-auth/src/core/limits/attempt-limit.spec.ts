import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { AuthEvents, type Device } from '../auth-event.js';
import { rememberCall } from '../call.js';
import { AuthError } from '../errors/auth-error.js';
import { type Attempt, AttemptLimit, type AttemptLimitOptions } from './attempt-limit.js';

const at = (ip: string | null) => ({ ip, userAgent: null });
const HOME = at('192.0.2.1');
const ABROAD = at('198.51.100.7');
const LOGIN = 'ann@example.org';
const PLENTY = { points: 1000, duration: 900 };

let emitted: unknown[];

function limit(options: Partial<AttemptLimitOptions> = {}): AttemptLimit {
  emitted = [];
  const events = new AuthEvents(Date.now, () => {});
  events.subscribe((event) => emitted.push(event));
  return new AttemptLimit({
    account: { points: 3, duration: 900 },
    address: PLENTY,
    logins: PLENTY,
    prefix56: PLENTY,
    prefix48: PLENTY,
    timeout: 50,
    secret: Buffer.alloc(32, 7),
    events,
    ...options,
  });
}

const tooMany = expect.objectContaining({ code: 'too_many_attempts', retryAfter: expect.any(Number) });

async function attempt(limiter: AttemptLimit, device: Device = HOME, login = LOGIN): Promise<Attempt> {
  return (await limiter.visit('login', device)).attempt({ login });
}

async function take(limiter: AttemptLimit, times: number, device = HOME, login = LOGIN) {
  for (let i = 0; i < times; i++) await attempt(limiter, device, login);
}

describe('attempts on one login', () => {
  let limiter: AttemptLimit;
  beforeEach(() => {
    limiter = limit();
  });

  test('end with the budget, and say when to come back', async () => {
    await take(limiter, 3);
    const refusal = await attempt(limiter).catch((error) => error);
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
    const answers = await Promise.allSettled(Array.from({ length: 100 }, () => attempt(limiter)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });

  test('by the owner of the account do not count', async () => {
    for (let i = 0; i < 10; i++) await (await attempt(limiter)).succeed();
    await take(limiter, 3);
  });

  test('start again with a full budget at an address where the user has proved in another way who they are, and nowhere else', async () => {
    const user = { id: '7' };
    const guess = async (device: Device) => (await limiter.visit('login', device)).attempt(user);
    for (let i = 0; i < 3; i++) await guess(HOME);
    await expect(guess(HOME)).rejects.toEqual(tooMany);
    for (let round = 0; round < 2; round++) {
      await limiter.vouch(user, HOME);
      for (let i = 0; i < 3; i++) await guess(HOME);
      await expect(guess(HOME)).rejects.toEqual(tooMany);
    }
    await expect(guess(ABROAD)).rejects.toEqual(tooMany);
    await limiter.vouch(user, at(null));
  });

  test('leave other logins alone', async () => {
    await take(limiter, 3);
    await take(limiter, 3, HOME, 'bob@example.org');
  });
});

describe('attempts from one address', () => {
  test('end with its budget, even if they are spread over many logins', async () => {
    const limiter = limit({ address: { points: 5, duration: 900 } });
    for (let i = 0; i < 5; i++) await take(limiter, 1, HOME, `user-${i}`);
    await expect(take(limiter, 1, HOME, 'user-5')).rejects.toEqual(tooMany);
    await take(limiter, 1, ABROAD, 'user-5');
  });

  test('share one budget for a whole IPv6 /64, in which one host can use any address', async () => {
    const limiter = limit({ address: { points: 2, duration: 900 } });
    await limiter.visit('register', at('2001:db8:1:2::1'));
    await limiter.visit('register', at('2001:db8:1:2:ffff:ffff:ffff:ffff'));
    await expect(limiter.visit('register', at('2001:DB8:1:2:aaaa::5'))).rejects.toEqual(tooMany);
    await limiter.visit('register', at('2001:db8:1:3::1'));
  });
});

describe('logins from one address, right passwords included', () => {
  const succeed = async (limiter: AttemptLimit, times: number, device = HOME) => {
    for (let i = 0; i < times; i++) await (await attempt(limiter, device, `user-${i}`)).succeed();
  };

  test('have a larger budget of their own: an office is not locked out, and nobody can hash without limit', async () => {
    const limiter = limit({ address: { points: 5, duration: 900 }, logins: { points: 50, duration: 900 } });
    await succeed(limiter, 40);
    for (let i = 0; i < 5; i++) await take(limiter, 1, HOME, `typo-${i}`);
    await expect(take(limiter, 1, HOME, 'typo-5')).rejects.toEqual(tooMany);
  });

  test('end with that budget, although each was right', async () => {
    const limiter = limit({ address: { points: 5, duration: 900 }, logins: { points: 50, duration: 900 } });
    await succeed(limiter, 50);
    await expect(succeed(limiter, 1)).rejects.toEqual(tooMany);
    await succeed(limiter, 1, ABROAD);
  });
});

describe('attempts from one IPv6 customer', () => {
  const inPrefix = (i: number) => at(`2001:db8:1:${(0x200 + i).toString(16)}::1`);

  test('end with the budget of the /56, whichever /64 they come from', async () => {
    const limiter = limit({ prefix56: { points: 5, duration: 900 } });
    for (let i = 0; i < 5; i++) await take(limiter, 1, inPrefix(i), `user-${i}`);
    await expect(take(limiter, 1, inPrefix(255), 'user-255')).rejects.toEqual(tooMany);
    await take(limiter, 1, inPrefix(256), 'user-256');
  });

  test('end with the budget of the /48, whichever /56 they come from', async () => {
    const limiter = limit({ prefix48: { points: 5, duration: 900 } });
    for (let i = 0; i < 5; i++) await take(limiter, 1, inPrefix(256 * i), `user-${i}`);
    await expect(take(limiter, 1, inPrefix(256 * 9), 'user-9')).rejects.toEqual(tooMany);
    await take(limiter, 1, at('2001:db8:2::1'), 'user-9');
  });

  test('spend no budget of the neighbours once their own is spent', async () => {
    const limiter = limit({ address: { points: 2, duration: 900 }, prefix56: { points: 4, duration: 900 } });
    const hammering = Array.from({ length: 20 }, () => attempt(limiter, inPrefix(1)));
    expect((await Promise.allSettled(hammering)).filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    await take(limiter, 2, inPrefix(2), 'bob@example.org');
  });
});

describe('an attempt that the server was too busy for', () => {
  const busy = new AuthError('overloaded');
  const tryInVain = async (limiter: AttemptLimit, login = LOGIN) =>
    (await attempt(limiter, HOME, login)).spendOn(Promise.reject(busy));

  test('is given back to the account, and does not make the address known', async () => {
    const limiter = limit();
    for (let i = 0; i < 10; i++) await expect(tryInVain(limiter)).rejects.toBe(busy);
    await take(limiter, 3, ABROAD);
    await expect(take(limiter, 1, HOME)).rejects.toEqual(tooMany);
  });

  test('is spent for the address', async () => {
    const limiter = limit({ address: { points: 5, duration: 900 } });
    for (let i = 0; i < 5; i++) await expect(tryInVain(limiter, `user-${i}`)).rejects.toBe(busy);
    await expect(tryInVain(limiter)).rejects.toEqual(tooMany);
  });
});

describe('an account that was found', () => {
  const asUser = async (limiter: AttemptLimit, id: string, device = HOME) =>
    (await limiter.visit('login', device)).attempt({ id });

  test('has one budget, by each of its logins', async () => {
    const limiter = limit();
    for (let i = 0; i < 3; i++) await asUser(limiter, '7');
    await expect(asUser(limiter, '7')).rejects.toEqual(tooMany);
    await asUser(limiter, '8');
  });

  test('shares none with a login that reads like its id', async () => {
    const limiter = limit();
    await take(limiter, 3, HOME, '7');
    await asUser(limiter, '7');
  });
});

describe('tenants', () => {
  const inTenant = (tenant: string): Device => {
    const device = { ...HOME };
    rememberCall(device, { request: { tenant }, client: { isGone: false, onGone: () => () => {} } });
    return device;
  };
  const key = (name: string, { tenant }: { tenant: string }) => `${tenant}:${name}`;

  test.each([
    ['an unknown login', { login: LOGIN }],
    ['a user', { id: '7' }],
  ])('do not share the budget of %s', async (_, name) => {
    const limiter = limit({ key });
    const tryIn = async (tenant: string) => (await limiter.visit('login', inTenant(tenant))).attempt(name);
    for (let i = 0; i < 3; i++) await tryIn('one');
    await expect(tryIn('one')).rejects.toEqual(tooMany);
    await tryIn('two');
  });

  test('whose key is not a string are an error of the app', async () => {
    const limiter = limit({ key: (() => undefined) as never });
    await expect(attempt(limiter)).rejects.toMatchObject({ code: 'invalid_configuration' });
  });
});

describe('an address that the account was used from before', () => {
  test('has a budget of its own: a flood from elsewhere does not lock the owner out', async () => {
    const limiter = limit();
    await (await attempt(limiter)).succeed();
    await take(limiter, 3, ABROAD);
    await expect(take(limiter, 1, ABROAD)).rejects.toEqual(tooMany);
    await take(limiter, 1, HOME);
  });

  test('has no more than that budget', async () => {
    const limiter = limit();
    await (await attempt(limiter)).succeed();
    await take(limiter, 3, HOME);
    await expect(take(limiter, 1, HOME)).rejects.toEqual(tooMany);
  });

  test('is known for that account only', async () => {
    const limiter = limit();
    await (await attempt(limiter)).succeed();
    await take(limiter, 3, ABROAD, 'bob@example.org');
    await expect(take(limiter, 1, HOME, 'bob@example.org')).rejects.toEqual(tooMany);
  });
});

test('the counters get neither logins nor plain digests of them', async () => {
  const keys: string[] = [];
  class Spy extends RateLimiterMemory {
    override getKey(key: string | number): string {
      keys.push(String(key));
      return super.getKey(key);
    }
  }
  const limiter = limit({ limiter: (options) => new Spy(options) });
  await (await attempt(limiter)).succeed();
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
    await expect(attempt(limiter)).rejects.toEqual(unavailable);
    expect(emitted).toEqual([]);
  });

  test.each(failures)('refuse an attempt as unavailable, never allow it: get %s', async (_, fail) => {
    const limiter = limit({ limiter: (options) => Object.assign(new RateLimiterMemory(options), { get: fail }) });
    await expect(attempt(limiter)).rejects.toEqual(unavailable);
  });

  test.each(failures)('do not turn a right password into a wrong one: reward %s', async (_, fail) => {
    const limiter = limit({ limiter: (options) => Object.assign(new RateLimiterMemory(options), { reward: fail }) });
    const taken = await attempt(limiter);
    await expect(taken.succeed()).rejects.toEqual(unavailable);
  });

  test("do not put their driver's message, which may hold a password, where it is logged", async () => {
    const limiter = limit({
      limiter: (options) => Object.assign(new RateLimiterMemory(options), { consume: failures[0]?.[1] }),
    });
    const { cause } = await attempt(limiter).catch((error) => error);
    expect(cause.message).not.toContain('hunter2');
  });

  test('hold no timer once they have answered', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    try {
      const answering = { consume: async () => {}, get: async () => null, reward: async () => {}, set: async () => {} };
      const limiter = limit({ limiter: () => answering as never });
      await (await attempt(limiter)).succeed();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
