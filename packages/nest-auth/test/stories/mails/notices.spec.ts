import { AuthService, defineFeature, type FeatureHooks, type Mail } from '@acme/nest-auth';
import { notices } from '@acme/nest-auth/notices';
import { passwordReset } from '@acme/nest-auth/password-reset';
import { describe, expect, test } from '@jest/globals';
import { PASSWORD, signUp } from '../../support/app.js';
import {
  CHROME,
  change,
  DAY,
  FIREFOX,
  hold,
  idOf,
  logIn,
  NEW,
  NEWER_CHROME,
  PAGE,
  register,
  start,
} from '../../support/notices.js';

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

test('a registration without a user agent makes no browser known', async () => {
  const app = await start();
  const { email } = await signUp(app, 'plain@example.org');
  expect(await app.sent()).toEqual([]);
  await logIn(app, email, CHROME);
  expect(await app.sent()).toHaveLength(1);
});
