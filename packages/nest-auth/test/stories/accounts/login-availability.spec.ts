import http from 'node:http';
import { type AuthEvent, AuthEvents, type AuthOptions } from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import { PASSWORD, signUp, startApp, type TestApp, type TestAppOptions } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { SAYS } from '../../support/transports.js';

const WRONG = 'not the right passphrase';

let app: TestApp;
let hasher: FakeHasher;
let events: AuthEvent[];

async function start(options: Partial<AuthOptions> = {}, more: TestAppOptions = {}) {
  hasher = new FakeHasher();
  app = await startApp({ ...more, options: { ...options, password: { hasher, ...options.password } } });
  events = [];
  app.app.get(AuthEvents).subscribe((event) => events.push(event));
}
afterEach(() => app.close());

const logIn = (email: string, password = PASSWORD) => app.http.post('/auth/login').send({ email, password });
const budget = (points: number) => ({ points, duration: '15m' });
const typesOf = () => events.map(({ type }) => type);

/** Lets one hash begin, and holds it until the test releases it. */
function hold() {
  let end = () => {};
  const held = new Promise<void>((resolve) => (end = resolve));
  const begun = new Promise<void>((resolve) => {
    const verify = hasher.verify.bind(hasher);
    hasher.verify = async (password, hash) => {
      hasher.verify = verify;
      resolve();
      await held;
      return verify(password, hash);
    };
  });
  return { begun, end };
}

describe('a client that hangs up', () => {
  /** A login on a connection of its own. */
  function dial(email: string) {
    const body = JSON.stringify({ email, password: WRONG });
    const headers = { ...SAYS, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const request = http.request(`${app.url}/auth/login`, { method: 'POST', headers, agent: false });
    request.on('error', () => {});
    request.end(body);
    return request;
  }

  /** Resolves when the next call of a method of the user store has returned. */
  const nextLookUp = () =>
    new Promise<void>((resolve) => {
      const find = app.userStore.findByLogin.bind(app.userStore);
      app.userStore.findByLogin = async (login) => {
        app.userStore.findByLogin = find;
        const user = await find(login);
        setImmediate(resolve);
        return user;
      };
    });

  test('while its login waits leaves its place to the next one, and costs no hash', async () => {
    await start({ password: { concurrency: 1, queue: 1 } });
    await signUp(app, 'ann@example.org');
    const { begun, end } = hold();
    const first = logIn('ann@example.org').then(({ status }) => status);
    await begun;
    const before = hasher.calls;
    const server = app.app.getHttpServer() as http.Server;
    for (let i = 0; i < 3; i++) {
      const connected = new Promise<import('node:net').Socket>((resolve) => server.once('connection', resolve));
      const lookedUp = nextLookUp();
      const waiting = dial(`gone-${i}@example.org`);
      const socket = await connected;
      await lookedUp;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      waiting.destroy();
      await closed;
    }
    const lookedUp = nextLookUp();
    const next = logIn('bob@example.org', WRONG).then(({ status }) => status);
    await lookedUp;
    end();
    expect(await Promise.all([first, next])).toEqual([200, 401]);
    expect(hasher.calls - before).toBe(2);
    expect(typesOf()).not.toContain('overloaded');
  });

  test('is listened for once for each connection, and nothing of a request reaches an event', async () => {
    await start({ password: { concurrency: 1, queue: 10 } });
    await signUp(app, 'ann@example.org');
    const server = app.app.getHttpServer() as http.Server;
    const connected = new Promise<import('node:net').Socket>((resolve) => server.once('connection', resolve));
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 12; i++) {
      const { begun, end } = hold();
      const first = logIn('ann@example.org').then(({ status }) => status);
      await begun;
      const lookedUp = nextLookUp();
      const second = logIn('ann@example.org').agent(agent).set('Connection', 'keep-alive');
      const answer = second.then(({ status }) => status);
      await lookedUp;
      end();
      expect(await Promise.all([first, answer])).toEqual([200, 200]);
    }
    agent.destroy();
    expect((await connected).listenerCount('close')).toBeLessThan(10);
    for (const event of events) {
      if ('device' in event) expect(Reflect.ownKeys(event.device)).toEqual(['ip', 'userAgent']);
    }
  });
});

test('a login refused with 503 still spends the attempts of its address', async () => {
  await start({ password: { concurrency: 1, queue: 0 }, throttle: { account: budget(100), address: budget(6) } });
  await signUp(app, 'ann@example.org');
  const { begun, end } = hold();
  const first = logIn('ann@example.org').then(({ status }) => status);
  await begun;
  const statuses: number[] = [];
  for (let i = 0; i < 6; i++) statuses.push((await logIn('ann@example.org')).status);
  expect(statuses).toEqual([503, 503, 503, 503, 429, 429]);
  end();
  expect(await first).toBe(200);
});

describe('one address', () => {
  const from = (ip: string, email: string) => logIn(email, WRONG).set('X-Forwarded-For', ip);

  test.each([
    ['IPv4', ['192.0.2.1', '192.0.2.1:5678', '::ffff:192.0.2.1', '::FFFF:C000:0201'], '192.0.2.2:5678'],
    ['IPv6', ['2001:db8::1', '[2001:db8::1]:443', '[2001:DB8::2]', '2001:0db8:0:0:ffff::'], '[2001:db8:0:1::1]:443'],
  ])('has one budget in whatever form a proxy writes it: %s', async (_, forms, other) => {
    await start({ throttle: { account: budget(100), address: budget(4) } }, { trustProxy: true });
    for (const [i, form] of forms.entries()) await from(form, `user-${i}@example.org`).expect(401);
    for (const form of forms) await from(form, 'one-more@example.org').expect(429);
    await from(other, 'one-more@example.org').expect(401);
  });

  test('that rotates through a /56 meets its budget', async () => {
    await start({ throttle: { account: budget(100), address: budget(4) } }, { trustProxy: true });
    const statuses: number[] = [];
    for (let i = 0; i < 60; i++)
      statuses.push((await from(`2001:db8:0:${(i % 30).toString(16)}::1`, `user-${i}@example.org`)).status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(40);
  });

  test('of an office lets everybody in, and does not hash without end', async () => {
    const throttle = { account: budget(10), address: budget(5), logins: budget(32) };
    await start({ throttle });
    await signUp(app, 'ann@example.org');
    for (let i = 0; i < 31; i++) await logIn('ann@example.org').expect(200);
    const before = hasher.calls;
    expect((await logIn('ann@example.org').expect(429)).body.code).toBe('too_many_attempts');
    expect(hasher.calls).toBe(before);
  });
});

describe('one account', () => {
  const twoNames = async () => {
    await start({ throttle: { account: budget(4), address: budget(1000) } });
    const account = await signUp(app, 'ann@example.org');
    const find = app.userStore.findByLogin.bind(app.userStore);
    app.userStore.findByLogin = (login) => find(login === 'ann' ? account.email : login);
    return account;
  };

  test('has one budget, whether it is found by e-mail or by user name', async () => {
    await twoNames();
    for (const name of ['ann', 'ann@example.org', 'ANN', 'Ann@example.org']) await logIn(name, WRONG).expect(401);
    const before = hasher.calls;
    for (const name of ['ann', 'ann@example.org']) await logIn(name).expect(429);
    expect(hasher.calls).toBe(before);
  });

  test('shares it with changes of its password', async () => {
    const { access } = await twoNames();
    const change = () =>
      app.as(access).post('/auth/password').send({ current_password: WRONG, new_password: 'an even finer passphrase' });
    for (let i = 0; i < 2; i++) await change().expect(403);
    for (let i = 0; i < 2; i++) await logIn('ann', WRONG).expect(401);
    await change().expect(429);
    await logIn('ann@example.org').expect(429);
  });

  test('has a budget of its own in each tenant, and so has a login that nobody has', async () => {
    const throttle: AuthOptions['throttle'] = {
      account: budget(3),
      address: budget(1000),
      key: (login, request) => `${request?.headers['x-tenant']}:${login}`,
    };
    await start({ throttle });
    await signUp(app, 'ann@example.org');
    for (const email of ['ann@example.org', 'nobody@example.org']) {
      const tryIn = (tenant: string) => logIn(email, WRONG).set('X-Tenant', tenant);
      for (let i = 0; i < 3; i++) await tryIn('one').expect(401);
      await tryIn('one').expect(429);
      await tryIn('two').expect(401);
    }
  });

  test('may be guessed no further from an address that it knows: the pair has the budget of an account', async () => {
    await start({ throttle: { account: budget(4), address: budget(1000) } });
    await signUp(app, 'ann@example.org');
    await logIn('ann@example.org').expect(200);
    const before = hasher.calls;
    const guesses = await Promise.all(Array.from({ length: 30 }, (_, i) => logIn('ann@example.org', `${WRONG} ${i}`)));
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(4);
    expect(hasher.calls - before).toBe(4);
    await logIn('ann@example.org').expect(429);
  });
});
