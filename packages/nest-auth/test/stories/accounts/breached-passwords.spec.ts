import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type AuthEvent, AuthEvents, type AuthOptions, type Mail } from '@acme/nest-auth';
import { breachedPasswords } from '@acme/nest-auth/breached-passwords';
import { passwordReset } from '@acme/nest-auth/password-reset';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PASSWORD, signUp, startApp, type TestApp, type TestAppOptions } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { type RangeServer, rangeOf, rangeServer, sha1 } from '../../support/range-server.js';

const BREACHED = 'correct horse battery staple';

let app: TestApp;
let server: RangeServer;
let events: AuthEvent[];
let mails: Mail[];

async function start(breached: object = {}, options: Partial<AuthOptions> = {}, more: TestAppOptions = {}) {
  mails = [];
  app = await startApp({
    ...more,
    features: [breachedPasswords(), passwordReset()],
    options: {
      password: { hasher: new FakeHasher(), queue: 1000 },
      mailer: { send: async (mail) => void mails.push(mail) },
      passwordReset: { page: 'https://app.example.org/reset' },
      breachedPasswords: { url: server.url, ...breached },
      ...options,
    } as Partial<AuthOptions>,
  });
  events = [];
  app.app.get(AuthEvents).subscribe((event) => events.push(event));
}

beforeEach(async () => {
  server = await rangeServer();
  server.answer = (_, response) => void response.end(rangeOf(BREACHED, 52_579));
});
afterEach(async () => {
  await app.close();
  await server.close();
});

const register = (password: string, email = 'ann@example.org') =>
  app.http.post('/auth/register').send({ email, password });
const logIn = (password: string, email: string) => app.http.post('/auth/login').send({ email, password });

async function resetToken(email: string): Promise<string> {
  await app.http.post('/auth/password/forgot').send({ email }).expect(202);
  for (let waited = 0; mails.length === 0 && waited < 100; waited++) await new Promise((done) => setTimeout(done, 10));
  return String(mails.pop()?.data.link).split('#token=')[1] ?? '';
}

const failures = () => events.filter(({ type }) => type === 'breach_check_failed');

describe('a password that is known from a breach', () => {
  test('is refused at registration, change and reset alike, and the user keeps the old one', async () => {
    await start();
    expect((await register(BREACHED).expect(400)).body).toEqual({
      statusCode: 400,
      error: 'Bad Request',
      code: 'password_breached',
      message: 'This password is known from a data breach. Choose another one.',
    });
    expect(await app.userStore.findByLogin('ann@example.org')).toBeNull();

    const { email, access } = await signUp(app);
    const change = (chosen: string) =>
      app.as(access).post('/auth/password').send({ current_password: PASSWORD, new_password: chosen });
    expect((await change(BREACHED).expect(400)).body.code).toBe('password_breached');
    await logIn(PASSWORD, email).expect(200);
    await change('an even finer passphrase').expect(204);

    // The refused password does not use up the link.
    const token = await resetToken(email);
    const reset = (chosen: string) => app.http.post('/auth/password/reset').send({ token, new_password: chosen });
    expect((await reset(BREACHED).expect(400)).body.code).toBe('password_breached');
    await reset('the finest passphrase of all').expect(204);
    await logIn('the finest passphrase of all', email).expect(200);
    expect(failures()).toEqual([]);
  });

  test('sends five characters of its SHA-1 to the server, and nothing else of it', async () => {
    await start();
    await register(BREACHED).expect(400);
    const [{ method, path, headers, body } = { path: '' }] = server.asked;
    expect([method, path, body]).toEqual(['GET', `/range/${sha1(BREACHED).slice(0, 5)}`, '']);
    expect(headers).toMatchObject({ 'add-padding': 'true', accept: 'text/plain' });
    const sent = JSON.stringify(server.asked).toUpperCase();
    for (const trace of [sha1(BREACHED).slice(0, 6), sha1(BREACHED).slice(5, 12), 'HORSE', 'ANN', 'EXAMPLE.ORG'])
      expect(sent).not.toContain(trace);
    expect(server.asked).toHaveLength(1);
  });

  test('logs in, and nobody is asked, even if its hash is renewed', async () => {
    await start({}, { password: { hasher: new FakeHasher(2) } });
    const passwordHash = await new FakeHasher(1).hash(BREACHED);
    await app.userStore.create({ login: 'ann@example.org', passwordHash, roles: [], profile: {} });
    await logIn(BREACHED, 'ann@example.org').expect(200);
    expect((await app.userStore.findByLogin('ann@example.org'))?.passwordHash).toMatch(/^\$fake\$2\$/);
    expect(server.asked).toEqual([]);
  });

  test('is told in the same way, and before the store is asked, for a login that exists', async () => {
    await start();
    const { email } = await signUp(app);
    const steps: string[] = [];
    const { create } = app.userStore;
    app.userStore.create = (user) => {
      steps.push('create');
      return create.call(app.userStore, user);
    };
    const { answer } = server;
    server.answer = (request, response) => {
      steps.push('ask');
      answer(request, response);
    };
    const [known, unknown] = [await register(BREACHED, email), await register(BREACHED, 'new@example.org')];
    expect([known.status, known.text]).toEqual([400, unknown.text]);
    expect(steps).toEqual(['ask', 'ask']);
    await register(PASSWORD, email).expect(409);
    await register(PASSWORD, 'new@example.org').expect(201);
    expect(steps).toEqual(['ask', 'ask', 'ask', 'create', 'ask', 'create']);
  });
});

test('rows of padding, and passwords seen less often than minCount, do not count', async () => {
  await start({ minCount: 10 });
  for (const [count, status] of [
    [0, 201],
    [9, 201],
    [10, 400],
  ] as const) {
    server.answer = (_, response) => void response.end(rangeOf(PASSWORD, count));
    await register(PASSWORD, `seen-${count}@example.org`).expect(status);
  }
  expect(failures()).toEqual([]);
});

test('no password is asked about before it is acceptable, and counted', async () => {
  await start({}, { throttle: { address: { points: 1, duration: '15m' } } });
  await register('short').expect(400);
  expect(server.asked).toEqual([]);
  await register(BREACHED).expect(400);
  expect((await register(BREACHED)).body.code).toBe('too_many_attempts');
  expect(server.asked).toHaveLength(1);
});

test('of a hundred at once no more than 64 are asked about; the others are accepted, with an event', async () => {
  await start({ timeout: '10s' });
  const waiting: ServerResponse[] = [];
  server.answer = (_, response) => void waiting.push(response);
  const registering = Promise.all(Array.from({ length: 100 }, (_, i) => register(PASSWORD, `user-${i}@example.org`)));
  const isFull = () => waiting.length + failures().length >= 100;
  for (let waited = 0; !isFull() && waited < 1000; waited++) await new Promise((done) => setTimeout(done, 10));
  for (const response of waiting) response.end(rangeOf('another', 1));
  for (const { status } of await registering) expect(status).toBe(201);
  expect([server.most, server.asked.length, failures().length]).toEqual([64, 64, 36]);
  expect(failures()[0]).toMatchObject({ reason: 'busy' });
  // All places are free again.
  server.answer = (_, response) => void response.end(rangeOf(BREACHED, 1));
  await register(BREACHED).expect(400);
}, 30_000);

describe('without an answer a password is accepted, with an event that tells nothing of it', () => {
  const row = rangeOf(BREACHED, 5);
  const endless = (response: ServerResponse, piece: string) => {
    const more = () => {
      while (!response.destroyed && response.write(piece));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  };
  const CASES: [string, (response: ServerResponse) => unknown, string][] = [
    ['a reset connection', (response) => response.destroy(), 'no_answer'],
    ['silence', () => undefined, 'no_answer'],
    ['an answer that never ends', (response) => response.write(row), 'no_answer'],
    ['an answer that is cut off', (response) => cutOff(response, row), 'no_answer'],
    ['a redirect', (response) => response.writeHead(302, { Location: `${server.url}/elsewhere` }).end(), 'no_answer'],
    ['an error', (response) => response.writeHead(503).end(row), 'invalid_answer'],
    ['a page', (response) => response.end('<html>Not here</html>'), 'invalid_answer'],
    ['nothing', (response) => response.end(), 'invalid_answer'],
    ['a line that is too long', (response) => response.end(`${row}\r\n${'A'.repeat(36)}:1`), 'invalid_answer'],
    ['a count that is no number', (response) => response.end(`${row}\r\n${'A'.repeat(35)}:many`), 'invalid_answer'],
    ['a count below zero', (response) => response.end(`${row}\r\n${'A'.repeat(35)}:-1`), 'invalid_answer'],
    ['a flood', (response) => endless(response, `${row}\r\n`.repeat(100)), 'invalid_answer'],
    ['a flood in a small packet', (response) => bomb(response), 'invalid_answer'],
  ];

  test.each(CASES)('%s', async (_, answer, reason) => {
    await start({ timeout: '1s' });
    server.answer = (_request, response) => void answer(response);
    const begun = performance.now();
    await register(BREACHED).expect(201);
    expect(performance.now() - begun).toBeLessThan(2500);
    expect(failures()).toEqual([{ type: 'breach_check_failed', reason, at: expect.any(Date) }]);
    // Random ids may contain any five digits.
    const told = JSON.stringify(events).replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, '');
    expect(told).not.toMatch(new RegExp(`${BREACHED}|${sha1(BREACHED).slice(0, 5)}`, 'i'));
    // The client does not follow a redirect, and does not ask twice.
    expect(server.asked).toHaveLength(1);
  });

  test('nobody listens', async () => {
    await start();
    await server.close();
    await register(BREACHED).expect(201);
    expect(failures()).toHaveLength(1);
  });

  const packed = gzipSync(Buffer.alloc(16 * 1024 * 1024, 'A'));
  function bomb(response: ServerResponse) {
    response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(packed);
  }
  function cutOff(response: ServerResponse, body: string) {
    response.writeHead(200, { 'Content-Length': body.length + 100 });
    response.write(body, () => response.destroy());
  }
});

test.each([
  ['http://ranges.example.org', /breachedPasswords\.url does not begin with https:/],
  ['https://ann:hunter2@ranges.example.org', /breachedPasswords\.url has credentials in it/],
  ['https://ranges.example.org/?range=', /breachedPasswords\.url ends with a slash, or has a part behind \? or #/],
  ['ranges.example.org', /breachedPasswords\.url is not a URL/],
])('boot refuses the address %s, and does not repeat a password in it', async (url, message) => {
  const failure = await start({ url }).then(
    () => undefined,
    (error: Error) => error,
  );
  expect(failure?.message).toMatch(message);
  expect(failure?.message).not.toContain('hunter2');
  await start();
});
