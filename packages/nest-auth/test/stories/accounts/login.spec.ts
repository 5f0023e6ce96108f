import http from 'node:http';
import type { AuthOptions } from '@acme/nest-auth';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type IRateLimiterOptions, RateLimiterMemory } from 'rate-limiter-flexible';
import { PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { visible } from '../../support/spies.js';

const WRONG = 'not the right passphrase';
const throttle = (points: number, address = 10_000): AuthOptions['throttle'] => ({
  account: { points, duration: '15m' },
  address: { points: address, duration: '15m' },
});

type Http = Pick<TestApp, 'http'>;
const logIn = ({ http }: Http, email: string, password = PASSWORD) =>
  http.post('/auth/login').send({ email, password });

describe('a refused login tells nothing', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ options: { password: { hasher: new FakeHasher() } } });
  });
  afterAll(() => app.close());

  test('an unknown user, a wrong password, a disabled and a password-less account: same status, body and headers', async () => {
    const seed = (login: string, passwordHash: string | null) =>
      app.userStore.create({ login, passwordHash, roles: [], profile: {} });
    await signUp(app, 'known@example.org');
    await signUp(app, 'disabled@example.org');
    const disabled = await app.userStore.findByLogin('disabled@example.org');
    app.userStore.update(disabled?.id ?? '', { disabledAt: new Date() });
    await seed('oauth-only@example.org', null);
    await seed('damaged@example.org', '$2b$');
    const answers = [
      await logIn(app, 'unknown@example.org', WRONG),
      await logIn(app, 'known@example.org', WRONG),
      await logIn(app, 'disabled@example.org', PASSWORD),
      await logIn(app, 'disabled@example.org', WRONG),
      await logIn(app, 'oauth-only@example.org', WRONG),
      await logIn(app, 'damaged@example.org', WRONG),
    ].map(visible);
    expect(answers[0]).toMatchObject({
      status: 401,
      headers: { 'cache-control': 'no-store', 'www-authenticate': 'Bearer realm="api"' },
    });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });
});

describe('guessing', () => {
  let app: TestApp;
  let hasher: FakeHasher;
  const start = async (options: Partial<AuthOptions>) => {
    hasher = new FakeHasher();
    app = await startApp({ options: { password: { hasher, queue: 200 }, ...options } });
  };
  afterEach(() => app.close());

  test('the right password, once throttled, is answered like a wrong one, and an unknown account like a known one', async () => {
    await start({ throttle: throttle(3) });
    await signUp(app, 'known@example.org');
    // Side by side, so that all four see the same second.
    for (let i = 0; i < 3; i++) {
      for (const login of ['known@example.org', 'unknown@example.org']) await logIn(app, login, WRONG).expect(401);
    }
    const before = hasher.calls;
    const answers = await Promise.all([
      logIn(app, 'known@example.org', PASSWORD),
      logIn(app, 'known@example.org', WRONG),
      logIn(app, 'unknown@example.org', WRONG),
      logIn(app, 'unknown@example.org', PASSWORD),
    ]);
    expect(hasher.calls).toBe(before);
    for (const { status, text, headers } of answers) {
      expect([status, text]).toEqual([429, answers[0]?.text]);
      expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(899);
      expect(Object.keys(headers).sort()).toEqual(Object.keys(answers[0]?.headers ?? {}).sort());
    }
    expect(answers[0]?.body).toMatchObject({ statusCode: 429, code: 'too_many_attempts' });
  });

  test('100 guesses at once on four instances that share their counters: no more hashes than the limit', async () => {
    const counters = new Map<unknown, RateLimiterMemory>();
    const limiter = (options: IRateLimiterOptions) => {
      const counter = counters.get(options.keyPrefix) ?? new RateLimiterMemory(options);
      counters.set(options.keyPrefix, counter);
      return counter;
    };
    await start({ throttle: { ...throttle(10), limiter } });
    await signUp(app, 'ann@example.org');
    const { userStore, sessionStore } = app;
    const options = {
      userStore,
      sessionStore,
      password: { hasher, queue: 200 },
      throttle: { ...throttle(10), limiter },
    };
    const nodes = [app, await startApp({ options }), await startApp({ options }), await startApp({ options })];
    const before = hasher.calls;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => logIn(nodes[i % 4] as TestApp, 'ann@example.org', `${WRONG} ${i}`)),
    );
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([hasher.calls - before, count(401), count(429)]).toEqual([10, 10, 90]);
    await Promise.all(nodes.slice(1).map((node) => node.close()));
  });

  test('X-Forwarded-For and its kin, which anybody can write, do not change the bucket', async () => {
    await start({ throttle: throttle(1000, 5) });
    const statuses: number[] = [];
    for (let i = 0; i < 8; i++) {
      const { status } = await logIn(app, `user-${i}@example.org`, WRONG).set({
        'X-Forwarded-For': `203.0.113.${i}`,
        Forwarded: `for=203.0.113.${i}`,
        'X-Real-IP': `203.0.113.${i}`,
        'CF-Connecting-IP': `203.0.113.${i}`,
      });
      statuses.push(status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
  });

  test('other spellings of a login do not get attempts of their own', async () => {
    await start({ throttle: throttle(3) });
    for (const spelling of ['kim@example.org', 'KIM@EXAMPLE.ORG ', '\u212aim＠example.org'])
      await logIn(app, spelling, WRONG).expect(401);
    await logIn(app, 'Kim@example.org', WRONG).expect(429);
  });

  test('from a foreign address does not keep the owner out, who comes from an address that was let in before', async () => {
    await start({ throttle: throttle(5) });
    await signUp(app, 'ann@example.org');
    // All of 127.0.0.0/8 is this machine: real addresses, no header involved.
    const from = (localAddress: string, password: string) =>
      logIn(app, 'ann@example.org', password).agent(new http.Agent({ localAddress }));
    await from('127.0.0.2', PASSWORD).expect(200);
    const flood = await Promise.all(Array.from({ length: 20 }, () => from('127.0.0.3', WRONG)));
    expect(flood.filter(({ status }) => status === 429)).toHaveLength(15);
    await from('127.0.0.3', PASSWORD).expect(429);
    await from('127.0.0.2', PASSWORD).expect(200);
  });

  test('too much at once is 503 with Retry-After, not a queue without end', async () => {
    const password = { hasher: new FakeHasher(), concurrency: 1, queue: 0 };
    await start({ password });
    let open = () => {};
    const held = new Promise<void>((resolve) => {
      open = resolve;
    });
    const hashing = new Promise<void>((resolve) => {
      password.hasher.beforeHash = () => {
        resolve();
        return held;
      };
    });
    const first = app.http
      .post('/auth/register')
      .send({ email: 'ann@example.org', password: PASSWORD })
      .then(({ status }) => status);
    await hashing;
    const refused = await logIn(app, 'bob@example.org');
    expect([refused.status, refused.body.code, Number(refused.headers['retry-after']) > 0]).toEqual([
      503,
      'overloaded',
      true,
    ]);
    open();
    expect(await first).toBe(201);
    await logIn(app, 'ann@example.org').expect(200);
  });
});
