import { AuthEvents, type Mail, type SessionRecord } from '@acme/nest-auth';
import { notices } from '@acme/nest-auth/notices';
import { describe, expect, test } from '@jest/globals';
import { PASSWORD } from '../../support/app.js';
import { type App, change, FIREFOX, hold, logged, logIn, NEW, register, start } from '../../support/notices.js';

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
