import {
  AuthEvents,
  type AuthOptions,
  AuthService,
  BackgroundTasks,
  defineFeature,
  type FeatureHooks,
  type Mail,
  type SessionRecord,
} from '@acme/nest-auth';
import { notices } from '@acme/nest-auth/notices';
import { passwordReset } from '@acme/nest-auth/password-reset';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { PASSWORD, signUp, startApp, type TestApp } from '../support/app.js';
import { FakeHasher } from '../support/fake-hasher.js';

const NEW = 'an entirely new passphrase';
const PAGE = 'https://app.example.org/security?from=mail&x=1';
const DAY = 24 * 60 * 60;

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
const NEWER_CHROME = CHROME.replace('126.0.0.0', '131.0.6778.86');
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0';

const started: TestApp[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((app) => app.close()));
});

async function start(options: Partial<AuthOptions> = {}, features = [notices()], trustProxy = false) {
  const mails: Mail[] = [];
  const app = await startApp({
    features,
    trustProxy,
    options: {
      password: { hasher: new FakeHasher(2), queue: 1000 },
      mailer: { send: async (mail) => void mails.push(mail) },
      ...options,
    },
  });
  started.push(app);
  /** The mails so far, once all work behind the answers is done. */
  const sent = async () => {
    await app.app.get(BackgroundTasks).settled();
    return mails.splice(0);
  };
  return { ...app, sent };
}

type App = Awaited<ReturnType<typeof start>>;

async function register({ http }: TestApp, userAgent = CHROME) {
  const email = `user-${Math.random()}@example.org`;
  const { body } = await http
    .post('/auth/register')
    .set('User-Agent', userAgent)
    .send({ email, password: PASSWORD })
    .expect(201);
  return { email, access: body.access_token as string };
}

async function logIn({ http }: TestApp, email: string, userAgent = FIREFOX) {
  const login = http.post('/auth/login').set('User-Agent', userAgent).send({ email, password: PASSWORD });
  return (await login.expect(200)).body.access_token as string;
}

const change = (app: TestApp, access: string) =>
  app
    .as(access)
    .post('/auth/password')
    .set('User-Agent', FIREFOX)
    .send({ current_password: PASSWORD, new_password: NEW })
    .expect(204);

const idOf = async ({ userStore }: TestApp, email: string): Promise<string> =>
  (await userStore.findByLogin(email))?.id ?? 'nobody';

/** Runs `act` and answers what Nest logged meanwhile. */
async function logged(act: () => Promise<unknown>): Promise<string> {
  const lines: string[] = [];
  const write = (...parts: unknown[]) => void lines.push(parts.join(' '));
  Logger.overrideLogger({ log: write, error: write, warn: write, debug: write, verbose: write, fatal: write });
  try {
    await act();
  } finally {
    Logger.overrideLogger(false);
  }
  return lines.join('\n');
}

function hold() {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { held, release };
}

describe('a login', () => {
  test('from a new device sends one mail, with time, address and device, and what to do', async () => {
    const app = await start({ notices: { page: PAGE } });
    const { email } = await register(app);
    expect(await app.sent()).toEqual([]);
    app.clock.advance(60);
    await logIn(app, email);
    const at = new Date(app.clock.read()).toISOString();
    const [mail, ...others] = await app.sent();
    expect(others).toEqual([]);
    expect(mail).toMatchObject({ kind: 'new_device', to: email, subject: expect.any(String) });
    const browser = { browser: 'Firefox', system: 'Linux', userAgent: FIREFOX };
    expect(mail?.data).toEqual({ at, ip: '127.0.0.1', ...browser, page: PAGE });
    const time = `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
    for (const line of [`Time: ${time}`, 'Device: Firefox on Linux', 'Address: 127.0.0.1']) {
      expect(mail?.text).toContain(line);
      expect(mail?.html).toContain(line);
    }
    expect(mail?.text.endsWith(`\n${PAGE}`)).toBe(true);
    expect(mail?.html).toContain('<a href="https://app.example.org/security?from=mail&#38;x=1">');
    await logIn(app, email);
    expect(await app.sent()).toEqual([]);
  });

  test('from a device whose browser was updated meanwhile sends none', async () => {
    const app = await start();
    const { email } = await register(app);
    await logIn(app, email, NEWER_CHROME);
    expect(await app.sent()).toEqual([]);
  });

  test('from a device on which all sessions have ended sends none, for a year after the last login', async () => {
    const app = await start();
    const { email, access } = await register(app);
    await app.as(access).post('/auth/logout-all').expect(204);
    for (let days = 0; days < 720; days += 360) {
      app.clock.advance(360 * DAY);
      const token = await logIn(app, email, CHROME);
      await app.as(token).post('/auth/logout-all').expect(204);
      expect(await app.sent()).toEqual([]);
    }
    app.clock.advance(366 * DAY);
    await logIn(app, email, CHROME);
    expect(await app.sent()).toHaveLength(1);
  });

  test('from a device whose session is older than the feature sends none', async () => {
    const before = await start({}, []);
    const { email } = await register(before);
    const { userStore, sessionStore, clock } = before;
    clock.advance(DAY);
    const app = await start({ userStore, sessionStore, clock: clock.read });
    await logIn(app, email, NEWER_CHROME);
    expect(await app.sent()).toEqual([]);
    await logIn(app, email, FIREFOX);
    expect(await app.sent()).toHaveLength(1);
  });

  test('from a device that only another user has sends one', async () => {
    const app = await start();
    const [{ email }] = [await register(app, FIREFOX), await register(app, FIREFOX)];
    const other = await register(app, CHROME);
    await logIn(app, email, FIREFOX);
    expect(await app.sent()).toEqual([]);
    await logIn(app, other.email, FIREFOX);
    expect(await app.sent()).toHaveLength(1);
  });

  test('that comes 50 times at once from one new device sends one mail, however long that takes', async () => {
    const { held, release } = hold();
    const mails: Mail[] = [];
    const app = await start({ mailer: { send: (mail) => held.then(() => void mails.push(mail)) } });
    const { email } = await register(app);
    await Promise.all(Array.from({ length: 50 }, () => logIn(app, email)));
    release();
    await app.sent();
    expect(mails).toHaveLength(1);
  });

  test('that belongs to a registration sends none, however long the memory takes', async () => {
    const app = await start();
    const { held, release } = hold();
    const put = app.ephemeralStore.put.bind(app.ephemeralStore);
    app.ephemeralStore.put = (...entry) => held.then(() => put(...entry));
    await register(app);
    release();
    expect(await app.sent()).toEqual([]);
  });

  test('that a feature held up at the registration sends none', async () => {
    const challenge = { challenge: 'gate', challenge_token: 'token', expires_in: 60 };
    const useFactory = (): FeatureHooks => ({ feature: 'gate', beforeSession: async () => challenge });
    const gate = defineFeature({ name: 'gate', hooks: { inject: [], useFactory } });
    const app = await start({}, [gate(), notices()]);
    const email = 'held-up@example.org';
    await app.http.post('/auth/register').set('User-Agent', CHROME).send({ email, password: PASSWORD }).expect(201);
    await app.sent();
    const user = await app.userStore.findByLogin(email);
    await app.app.get(AuthService).admit(user!, { ip: '127.0.0.1', userAgent: CHROME }, { passed: ['gate'] });
    expect(await app.sent()).toEqual([]);
    await app.app.get(AuthService).admit(user!, { ip: '127.0.0.1', userAgent: FIREFOX }, { passed: ['gate'] });
    expect(await app.sent()).toHaveLength(1);
  });

  test('without a device, by a call of the app, sends none and makes no device known', async () => {
    const app = await start();
    const auth = app.app.get(AuthService);
    await auth.register({ login: 'quiet@example.org', password: PASSWORD });
    await auth.login({ login: 'quiet@example.org', password: PASSWORD });
    expect(await app.sent()).toEqual([]);
    await app.http.post('/auth/login').send({ email: 'quiet@example.org', password: PASSWORD }).expect(200);
    expect(await app.sent()).toHaveLength(1);
  });

  test('of a user without an address sends none', async () => {
    const app = await start({ loginField: 'handle' });
    for (const userAgent of [CHROME, FIREFOX]) {
      const route = userAgent === CHROME ? 'register' : 'login';
      await app.http
        .post(`/auth/${route}`)
        .set('User-Agent', userAgent)
        .send({ handle: 'ann', password: PASSWORD })
        .expect(userAgent === CHROME ? 201 : 200);
    }
    expect(await app.sent()).toEqual([]);
  });
});

describe('a password', () => {
  test('that was changed sends one mail, with the device that changed it', async () => {
    const app = await start();
    const { email, access } = await register(app);
    await logIn(app, email);
    await app.sent();
    app.clock.advance(60);
    await change(app, access);
    const mails = await app.sent();
    const at = new Date(app.clock.read()).toISOString();
    expect(mails).toEqual([
      expect.objectContaining({
        kind: 'password_changed',
        to: email,
        html: expect.stringContaining('Firefox on Linux'),
      }),
    ]);
    expect(mails[0]?.data).toMatchObject({ at, ip: '127.0.0.1', browser: 'Firefox', system: 'Linux' });
    expect(mails[0]?.text).not.toMatch(/https?:/);
  });

  test('that was reset sends one mail, with the device that reset it', async () => {
    const app = await start({ passwordReset: { page: PAGE } }, [passwordReset(), notices()]);
    const { email } = await register(app);
    await app.http.post('/auth/password/forgot').send({ email }).expect(202);
    const [link] = await app.sent();
    const [, token] = /#token=([\w-]+)/.exec(link?.text ?? '') ?? [];
    const reset = app.http.post('/auth/password/reset').set('User-Agent', FIREFOX);
    await reset.send({ token, new_password: NEW }).expect(204);
    const mails = await app.sent();
    expect(mails.map(({ kind, to }) => [kind, to])).toEqual([['password_changed', email]]);
    expect(mails[0]?.data).toMatchObject({ ip: '127.0.0.1', browser: 'Firefox', system: 'Linux' });
    expect(JSON.stringify(mails)).not.toContain(token);
  });

  test('that the app itself set sends one mail, without a device', async () => {
    const app = await start();
    const { email } = await register(app);
    app.clock.advance(60);
    await app.app.get(AuthService).setPassword(await idOf(app, email), NEW);
    const mails = await app.sent();
    expect(mails.map(({ kind }) => kind)).toEqual(['password_changed']);
    expect(mails[0]?.data).toMatchObject({ ip: null, browser: null, system: null, userAgent: null });
    expect(mails[0]?.text).not.toMatch(/Device|Address/);
  });

  test('that was changed by a user without an address sends none', async () => {
    const app = await start({ loginField: 'handle' });
    const { body } = await app.http.post('/auth/register').send({ handle: 'bob', password: PASSWORD }).expect(201);
    await change(app, body.access_token);
    expect(await app.sent()).toEqual([]);
  });
});

describe('a mail', () => {
  test('holds no token, password, digest or session of the user', async () => {
    const app = await start();
    const kept: SessionRecord[] = [];
    const create = app.sessionStore.create.bind(app.sessionStore);
    app.sessionStore.create = (session) => create(session).then(() => void kept.push(session));
    const { email, access } = await register(app);
    const token = await logIn(app, email);
    await change(app, access);
    const user = await app.userStore.findByLogin(email);
    const mails = await app.sent();
    expect(mails).toHaveLength(2);
    const secrets = [access, token, PASSWORD, NEW, user?.passwordHash ?? 'none'];
    for (const { id, secretHash } of kept) secrets.push(id, secretHash);
    expect(secrets.filter((secret) => JSON.stringify(mails).includes(secret))).toEqual([]);
  });

  test('repeats nothing that a thief wrote into the user agent', async () => {
    const app = await start();
    const { email } = await register(app);
    await logIn(app, email, 'Your account is blocked, see <a href="https://evil.example">evil.example</a>');
    const [mail] = await app.sent();
    expect(mail?.kind).toBe('new_device');
    expect([mail?.subject, mail?.text, mail?.html].join()).not.toMatch(/evil|blocked/);
  });

  test('repeats nothing that a thief wrote as their address, although every proxy is trusted', async () => {
    const app = await start({}, [notices()], true);
    const { email } = await register(app);
    const login = app.http.post('/auth/login').set('User-Agent', FIREFOX).set('X-Forwarded-For', 'evil.example');
    await login.send({ email, password: PASSWORD }).expect(200);
    const [mail] = await app.sent();
    expect(mail?.kind).toBe('new_device');
    expect(JSON.stringify(mail)).not.toContain('evil');
  });

  test.each([
    [{ newDevice: false }, ['password_changed']],
    [{ passwordChanged: false }, ['new_device']],
    [{ passwordChanged: false, newDevice: false }, []],
  ])('can be switched off: %j', async (options, kinds) => {
    const app = await start({ notices: options });
    const { email, access } = await register(app);
    await logIn(app, email);
    await change(app, access);
    expect((await app.sent()).map(({ kind }) => kind)).toEqual(kinds);
  });

  test('is sent to a user ten times a day at most, and each kind for itself', async () => {
    const app = await start();
    const { email, access } = await register(app);
    const log = await logged(async () => {
      for (let n = 0; n < 15; n++) await logIn(app, email, `Thief${'abcdefghijklmnop'[n]}/1.0`);
      expect(await app.sent()).toHaveLength(10);
    });
    expect(log).toContain('too_many_attempts');
    await change(app, access);
    expect(await app.sent()).toHaveLength(1);
    const other = await register(app);
    await logIn(app, other.email);
    expect(await app.sent()).toHaveLength(1);
  });

  test('is not held back by a thief who spends the budget of their own address first', async () => {
    const app = await start({ throttle: { logins: { points: 2, duration: '15m' } } });
    const { email } = await register(app);
    await logIn(app, email);
    expect(await app.sent()).toHaveLength(1);
    await app.http.post('/auth/login').send({ email, password: PASSWORD }).expect(429);
  });
});

describe('a failure', () => {
  test('of the mailer leaves the login, is logged without its words, and a later login sends the mail', async () => {
    let isDown = true;
    const mails: Mail[] = [];
    const send = async (mail: Mail) => {
      if (isDown) throw new Error(`cannot send ${JSON.stringify(mail)} by smtp://user:hunter2@mail`);
      mails.push(mail);
    };
    const app = await start({ mailer: { send } });
    const { email } = await register(app);
    const log = await logged(async () => {
      await logIn(app, email);
      await app.sent();
    });
    expect(log).toContain('Something behind a request failed');
    expect(log).not.toMatch(/hunter2|example\.org|Firefox/);
    isDown = false;
    app.clock.advance(3600);
    await logIn(app, email);
    await app.sent();
    expect(mails.map(({ kind }) => kind)).toEqual(['new_device']);
  });

  test.each<[string, (app: App) => object, string]>([
    ['the memory', ({ ephemeralStore }) => ephemeralStore, 'get'],
    ['the sessions', ({ sessionStore }) => sessionStore, 'listActive'],
    ['the users', ({ userStore }) => userStore, 'findById'],
  ])('of %s leaves the login, and is logged', async (_, storeOf, method) => {
    const app = await start();
    const { email } = await register(app);
    await app.sent();
    const log = await logged(async () => {
      app.app.get(AuthEvents).on('logged_in', () => breakDown(storeOf(app), method));
      await logIn(app, email);
      expect(await app.sent()).toEqual([]);
    });
    expect(log).toContain('store_unavailable');
    expect(log).not.toContain('hunter2');
  });

  test('to answer keeps no login and no change waiting', async () => {
    const { held, release } = hold();
    const asked: string[] = [];
    const app = await start({ mailer: { send: ({ kind }) => held.then(() => void asked.push(kind)) } });
    const { email, access } = await register(app);
    const get = app.ephemeralStore.get.bind(app.ephemeralStore);
    app.ephemeralStore.get = (key) => held.then(() => get(key));
    await logIn(app, email);
    await change(app, access);
    expect(asked).toEqual([]);
    release();
    await app.sent();
    expect(asked.sort()).toEqual(['new_device', 'password_changed']);
  });
});

function breakDown(store: object, method: string): void {
  Reflect.set(store, method, () => Promise.reject(new Error('cannot reach postgres://admin:hunter2@db')));
}

describe('at boot', () => {
  test.each([
    ['app.example.org', 'is not a URL'],
    ['http://app.example.org/security', 'does not begin with https:'],
    ['javascript:alert(1)', 'does not begin with https:'],
  ])('the page %s is refused', async (page, problem) => {
    await expect(start({ notices: { page } })).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringContaining(`notices.page ${problem}`),
    });
  });

  test('an app without a mailer is refused', async () => {
    await expect(start({ mailer: undefined })).rejects.toMatchObject({
      message: expect.stringContaining("the feature 'notices' needs one"),
    });
  });
});

test('a registration without a user agent makes no browser known', async () => {
  const app = await start();
  const { email } = await signUp(app, 'plain@example.org');
  expect(await app.sent()).toEqual([]);
  await logIn(app, email, CHROME);
  expect(await app.sent()).toHaveLength(1);
});
