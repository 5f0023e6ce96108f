import { type AuthEvent, AuthEvents, AuthService, OneTimeTokens } from '@acme/nest-auth';
import { passwordReset } from '@acme/nest-auth/password-reset';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { logIn, PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { Mailbox, tokenIn } from '../../support/mailbox.js';

const NEW = 'an entirely new passphrase';
const PAGE = 'https://app.example.org/reset';

let app: TestApp;
let mailbox: Mailbox;
const seen: AuthEvent[] = [];

async function start(options: object = {}) {
  mailbox = new Mailbox();
  app = await startApp({
    features: [passwordReset()],
    options: { mailer: mailbox, passwordReset: { page: PAGE }, ...options },
  });
  app.app.get(AuthEvents).subscribe((event) => seen.push(event));
}

beforeAll(() => start());
afterAll(() => app.close());
beforeEach(() => {
  mailbox.mails.length = 0;
  seen.length = 0;
});

const forgot = (email: unknown) => app.http.post('/auth/password/forgot').send({ email });
const reset = (token: unknown, new_password: unknown = NEW) =>
  app.http.post('/auth/password/reset').send({ token, new_password });
const codeOf = async (request: ReturnType<typeof reset>) => {
  const { status, body } = await request;
  return body.code ?? status;
};

async function mailedToken(email: string): Promise<string> {
  const coming = mailbox.next();
  await forgot(email).expect(202);
  return tokenIn(await coming);
}

describe('a forgotten password', () => {
  test('is answered alike for an account and for nobody, and the mail goes out after the answer', async () => {
    const { email } = await signUp(app);
    const coming = mailbox.next();
    const answers = await Promise.all([forgot(email), forgot('nobody@example.org')]);
    const shown = answers.map(({ status, headers: { date: _, ...headers }, text }) => ({ status, headers, text }));
    expect(shown[0]).toEqual(shown[1]);
    expect(shown[0]).toMatchObject({ status: 202, text: '', headers: { 'cache-control': 'no-store' } });
    const mail = await coming;
    expect(mail).toMatchObject({ kind: 'password_reset', to: email, subject: expect.any(String) });
    expect(mail.data).toEqual({ link: `${PAGE}#token=${tokenIn(mail)}`, minutes: 30 });
    expect(mail.html).toContain(`${PAGE}#token=${tokenIn(mail)}`);
    expect(mailbox.mails).toHaveLength(1);
  });

  test('of a disabled account sends nothing', async () => {
    const { email } = await signUp(app);
    const user = await app.userStore.findByLogin(email);
    app.userStore.update(user?.id ?? '', { disabledAt: new Date() });
    await forgot(email).expect(202);
    // The next mail goes to another user, so the work after the first answer is done by then.
    const other = await signUp(app);
    await mailedToken(other.email);
    expect(mailbox.mails.map(({ to }) => to)).toEqual([other.email]);
  });

  test('sends the link of the configured page, whatever Host a request names', async () => {
    const { email } = await signUp(app);
    const coming = mailbox.next();
    await forgot(email).set('Host', 'evil.example').set('X-Forwarded-Host', 'evil.example').expect(202);
    expect(JSON.stringify(await coming)).not.toContain('evil');
  });

  test.each([undefined, '', 7, ['a@example.org'], { $ne: null }])('refuses %j as an address', async (email) => {
    const { body } = await forgot(email).expect(400);
    expect(body).toMatchObject({ code: 'invalid_request', field: 'email' });
  });

  test('is limited for each address, whether or not there is an account', async () => {
    for (const email of [(await signUp(app)).email, 'somebody@example.org']) {
      const codes = [];
      for (let n = 0; n < 6; n++) codes.push(await codeOf(forgot(email)));
      expect(codes).toEqual([202, 202, 202, 202, 202, 'too_many_attempts']);
    }
  });
});

describe('a reset', () => {
  test('sets the password, ends every session, verifies the address, and does not log in', async () => {
    const first = await signUp(app);
    const second = await logIn(app, first.email);
    const token = await mailedToken(first.email);
    const { text } = await reset(token).expect(204);
    expect(text).toBe('');
    for (const { access, refresh } of [first, second]) {
      await app.as(access).get('/auth/me').expect(401);
      await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(401);
    }
    await app.http.post('/auth/login').send({ email: first.email, password: PASSWORD }).expect(401);
    await app.http.post('/auth/login').send({ email: first.email, password: NEW }).expect(200);
    const user = await app.userStore.findByLogin(first.email);
    expect(user?.emailVerifiedAt).toBeInstanceOf(Date);
    expect(seen.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['password_reset_requested', 'password_changed', 'password_reset']),
    );
  });

  test('gives its owner fresh attempts at this address: whoever forgot a password has guessed first', async () => {
    const shared = { app, mailbox };
    await start({ throttle: { account: { points: 3, duration: '15m' } } });
    try {
      const { email } = await signUp(app);
      const login = (password: string) => app.http.post('/auth/login').send({ email, password });
      for (let i = 0; i < 3; i++) await login('a wrong passphrase').expect(401);
      await login(PASSWORD).expect(429);
      await reset(await mailedToken(email)).expect(204);
      await login(NEW).expect(200);
    } finally {
      await app.close();
      ({ app, mailbox } = shared);
    }
  });

  test('works for one of 50 parallel requests with the same token, and never again', async () => {
    const token = await mailedToken((await signUp(app)).email);
    const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(reset(token))));
    expect(codes.filter((code) => code === 204)).toHaveLength(1);
    expect(await codeOf(reset(token))).toBe('invalid_reset_token');
  });

  test('does not use the token up with a password that the rules refuse', async () => {
    const { email } = await signUp(app);
    const token = await mailedToken(email);
    expect(await codeOf(reset(token, 'short'))).toBe('password_too_short');
    expect(await codeOf(reset(token, email))).toBe('password_is_login');
    expect(await codeOf(reset(token))).toBe(204);
  });

  test('needs the newest token', async () => {
    const { email } = await signUp(app);
    const [older, newer] = [await mailedToken(email), await mailedToken(email)];
    expect(await codeOf(reset(older))).toBe('invalid_reset_token');
    expect(await codeOf(reset(newer))).toBe(204);
  });

  test('needs a token that is not older than half an hour', async () => {
    const token = await mailedToken((await signUp(app)).email);
    app.clock.advance(30 * 60);
    expect(await codeOf(reset(token))).toBe('invalid_reset_token');
  });

  test.each([
    ['the password was changed', { passwordHash: 'another' }],
    ['the account was disabled', { disabledAt: new Date() }],
  ])('is refused once %s', async (_, changes) => {
    const { email } = await signUp(app);
    const token = await mailedToken(email);
    const user = await app.userStore.findByLogin(email);
    app.userStore.update(user?.id ?? '', changes);
    expect(await codeOf(reset(token))).toBe('invalid_reset_token');
  });

  test('is refused once the address is another', async () => {
    const { email } = await signUp(app);
    const token = await mailedToken(email);
    const user = await app.userStore.findByLogin(email);
    expect(await app.userStore.setLogin(user?.id ?? '', `moved-${email}`, email)).toBe(true);
    expect(await codeOf(reset(token))).toBe('invalid_reset_token');
  });

  test('takes no token of another purpose, nor access and refresh tokens', async () => {
    const { access, refresh, email } = await signUp(app);
    const user = await app.userStore.findByLogin(email);
    const other = await app.app.get(OneTimeTokens).issueTo(user as never, 'verify', { address: email, ttl: 600 });
    for (const token of [other, access, refresh, 'x', 'A'.repeat(43)])
      expect(await codeOf(reset(token))).toBe('invalid_reset_token');
  });

  test('leaves no token in the store that could be used', async () => {
    const kept: string[] = [];
    const put = app.ephemeralStore.put.bind(app.ephemeralStore);
    app.ephemeralStore.put = (key, value, ttl) => {
      kept.push(key, value);
      return put(key, value, ttl);
    };
    const token = await mailedToken((await signUp(app)).email);
    app.ephemeralStore.put = put;
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.join()).not.toContain(token);
  });
});

describe('a store that is down', () => {
  test('is 503 for a forgotten password, for an account and for nobody', async () => {
    const { email } = await signUp(app);
    const find = app.userStore.findByLogin;
    app.userStore.findByLogin = () => Promise.reject(new Error('down'));
    const codes = [await codeOf(forgot(email)), await codeOf(forgot('no@example.org'))];
    app.userStore.findByLogin = find;
    expect(codes).toEqual(['store_unavailable', 'store_unavailable']);
  });

  test('is 503 for a reset, which can then be repeated', async () => {
    const { email } = await signUp(app);
    const token = await mailedToken(email);
    const revokeAll = app.sessionStore.revokeAll;
    app.sessionStore.revokeAll = () => Promise.reject(new Error('down'));
    const code = await codeOf(reset(token));
    app.sessionStore.revokeAll = revokeAll;
    expect(code).toBe('store_unavailable');
    expect(await codeOf(reset(token))).toBe(204);
  });
});

test('an app with a reset of its own sets passwords by the same rules', async () => {
  const { email, access } = await signUp(app);
  const user = await app.userStore.findByLogin(email);
  const auth = app.app.get(AuthService);
  await expect(auth.setPassword(user?.id ?? '', 'short')).rejects.toMatchObject({ code: 'password_too_short' });
  await expect(auth.setPassword('nobody', NEW)).rejects.toMatchObject({ code: 'user_not_found' });
  await auth.setPassword(user?.id ?? '', NEW);
  await app.as(access).get('/auth/me').expect(401);
  await app.http.post('/auth/login').send({ email, password: NEW }).expect(200);
});
