import { type AuthEvent, AuthEvents, type AuthOptions, type AuthRequest, AuthService } from '@acme/nest-auth';
import { passwordReset } from '@acme/nest-auth/password-reset';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HttpException } from '@nestjs/common';
import { PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { runDocumented } from '../../support/documented.js';
import { FakeHasher } from '../../support/fake-hasher.js';

type BeforeAttempt = NonNullable<AuthOptions['beforeAttempt']>;
type Attempt = Parameters<BeforeAttempt>[0];

const CHOSEN = 'an even finer passphrase';

let app: TestApp;
let hasher: FakeHasher;
let attempts: Attempt[];
let events: AuthEvent[];
let ask: BeforeAttempt;

async function start(beforeAttempt: BeforeAttempt = (attempt) => ask(attempt), more: Partial<AuthOptions> = {}) {
  hasher = new FakeHasher();
  app = await startApp({
    features: [passwordReset()],
    options: {
      password: { hasher },
      mailer: { send: async () => {} },
      passwordReset: { page: 'https://app.example.org/reset' },
      beforeAttempt,
      ...more,
    },
  });
  events = [];
  app.app.get(AuthEvents).subscribe((event) => events.push(event));
}

beforeEach(() => {
  attempts = [];
  ask = (attempt) => {
    attempts.push(attempt);
  };
});
afterEach(() => app.close());

/** Every attempt that costs something, by its action. */
const costly = (email: string): [string, string, object][] => [
  ['register', '/auth/register', { email: `new-${email}`, password: PASSWORD }],
  ['login', '/auth/login', { email, password: PASSWORD }],
  ['password_change', '/auth/password', { current_password: PASSWORD, new_password: CHOSEN }],
  ['password_reset', '/auth/password/forgot', { email }],
  ['login', '/auth/login', { email: 'nobody@example.org', password: PASSWORD }],
];

async function attemptAll(email: string, token: string, headers: Record<string, string> = {}) {
  const statuses: number[] = [];
  for (const [, path, body] of costly(email)) {
    const { status } = await app.as(token).post(path).set(headers).send(body);
    statuses.push(status);
  }
  return statuses;
}

test('the app is asked before each attempt that costs, with the action and the request', async () => {
  await start();
  const { email, access } = await signUp(app);
  attempts.length = 0;
  expect(await attemptAll(email, access, { 'X-Proof': 'right' })).toEqual([201, 200, 204, 202, 401]);
  expect(attempts.map(({ action }) => action)).toEqual(costly(email).map(([action]) => action));
  for (const { request } of attempts) {
    expect((request as AuthRequest).headers['x-proof']).toBe('right');
    expect((request as AuthRequest).body).toBeInstanceOf(Object);
  }
});

test('a call of the app to AuthService without a request is asked for without one', async () => {
  await start();
  await app.app.get(AuthService).register({ login: 'ann@example.org', password: PASSWORD });
  expect(attempts).toEqual([{ action: 'register', request: undefined }]);
});

test('nobody is asked about what costs nothing: a refresh, a refused password, a malformed login', async () => {
  await start();
  const { refresh } = await signUp(app);
  attempts.length = 0;
  await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(200);
  await app.http.post('/auth/register').send({ email: 'ann@example.org', password: 'short' }).expect(400);
  await app.http.post('/auth/login').send({ email: '', password: PASSWORD }).expect(400);
  expect(attempts).toEqual([]);
});

describe('an attempt that is refused', () => {
  const refusals: [string, BeforeAttempt, number, object][] = [
    ['with false', () => false, 403, { statusCode: 403, code: 'attempt_refused' }],
    [
      'by a throw',
      () => thrown(new HttpException({ captcha: 'https://captcha.example.com' }, 428)),
      428,
      {
        captcha: 'https://captcha.example.com',
      },
    ],
    ['by a mistake of the app', (() => ({ success: false })) as never, 500, { code: 'contract_broken' }],
    ['because the vendor is down', async () => thrown(new Error('ECONNREFUSED')), 503, { code: 'store_unavailable' }],
  ];

  test.each(refusals)(
    '%s: no hash is computed, nothing is counted, and no login is looked up',
    async (_, refuse, status, body) => {
      const budget = { points: 3, duration: '15m' };
      await start(undefined, { throttle: { account: budget, address: { points: 20, duration: '15m' } } });
      const { email, access } = await signUp(app);
      const { calls } = hasher;
      const asked: string[] = [];
      const find = app.userStore.findByLogin.bind(app.userStore);
      app.userStore.findByLogin = (login) => {
        asked.push(login);
        return find(login);
      };
      const pass = ask;
      ask = refuse;
      for (let round = 0; round < 4; round++) {
        expect(await attemptAll(email, access)).toEqual([status, status, status, status, status]);
      }
      const login = () => app.http.post('/auth/login').send({ email, password: PASSWORD });
      expect((await login()).body).toMatchObject(body);
      expect([hasher.calls, asked]).toEqual([calls, []]);
      // If one of them had been counted, the budget of the address would be spent.
      ask = pass;
      await login().expect(200);
    },
  );

  test('is an event with its action and its device, which a failure is not', async () => {
    ask = () => true;
    await start();
    ask = () => false;
    await app.http.post('/auth/login').send({ email: 'ann@example.org', password: PASSWORD }).expect(403);
    ask = () => thrown(new Error('down'));
    await app.http.post('/auth/login').send({ email: 'ann@example.org', password: PASSWORD }).expect(503);
    expect(events).toEqual([
      {
        type: 'attempt_refused',
        action: 'login',
        at: expect.any(Date),
        device: expect.objectContaining({ ip: '127.0.0.1' }),
      },
    ]);
  });

  test('an app that never answers is not waited for longer than a store', async () => {
    ask = () => new Promise<void>(() => {});
    await start(undefined, { storeTimeout: '1s' });
    const { body, headers } = await app.http
      .post('/auth/login')
      .send({ email: 'ann@example.org', password: PASSWORD })
      .expect(503);
    expect([body.code, headers['retry-after'], hasher.calls]).toEqual(['store_unavailable', '1', 1]);
  });
});

test('docs/guides/throttling.md: without a proof no hash is computed, and a captcha that is down lets nobody in', async () => {
  const { beforeAttempt, proofs } = await runDocumented<{ beforeAttempt: BeforeAttempt; proofs: string[] }>(
    'docs/guides/throttling.md',
    'beforeAttempt',
    `export const proofs: string[] = [];
     const captcha = {
       verify: async (proof: string) => {
         proofs.push(proof);
         if (proof === 'down') throw new Error('ECONNREFUSED');
         return { success: proof === 'right' };
       },
     };`,
  );
  await start(beforeAttempt);
  const { calls } = hasher;
  const tryWith = async (path: string, headers: Record<string, string>) => {
    const { status, body } = await app.http
      .post(`/auth/${path}`)
      .set(headers)
      .send({ email: 'ann@example.org', password: PASSWORD });
    return [status, body.code];
  };
  for (const path of ['register', 'login', 'password/forgot']) {
    expect(await tryWith(path, {})).toEqual([403, 'attempt_refused']);
    expect(await tryWith(path, { 'X-Captcha': 'wrong' })).toEqual([403, 'attempt_refused']);
    expect(await tryWith(path, { 'X-Captcha': 'down' })).toEqual([503, 'store_unavailable']);
  }
  expect([hasher.calls, proofs.length]).toEqual([calls, 6]);
  expect(await tryWith('register', { 'X-Captcha': 'right' })).toEqual([201, undefined]);
  const { body } = await app.http
    .post('/auth/login')
    .set('X-Captcha', 'right')
    .send({ email: 'ann@example.org', password: PASSWORD })
    .expect(200);
  // A user who is logged in needs no proof to change the password.
  const change = { current_password: PASSWORD, new_password: CHOSEN };
  await app.as(body.access_token).post('/auth/password').send(change).expect(204);
});

function thrown(error: Error): never {
  throw error;
}
