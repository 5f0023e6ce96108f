import { type AuthEvent, AuthEvents } from '@acme/nest-auth';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { logIn, PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';

const CHOSEN = 'an even finer passphrase';

let app: TestApp;
let hasher: FakeHasher;
let events: AuthEvent[];

beforeEach(async () => {
  hasher = new FakeHasher();
  app = await startApp({
    options: {
      password: { hasher },
      throttle: { account: { points: 5, duration: '15m' }, address: { points: 1000, duration: '15m' } },
    },
  });
  events = [];
  app.app.get(AuthEvents).subscribe((event) => events.push(event));
});
afterEach(() => app.close());

const change = (token: string, current: unknown, chosen: unknown) =>
  app.as(token).post('/auth/password').send({ current_password: current, new_password: chosen });
const me = (token: string) => app.as(token).get('/auth/me');
const refresh = (token: string) => app.http.post('/auth/refresh').send({ refresh_token: token });
const loginWith = (email: string, password: string) => app.http.post('/auth/login').send({ email, password });

describe('changing the password', () => {
  test('a password change ends every other session at once, access tokens included, and keeps this one', async () => {
    const phone = await signUp(app);
    const laptop = await logIn(app, phone.email);
    const answer = await change(laptop.access, PASSWORD, CHOSEN).expect(204);
    expect(answer.text).toBe('');
    expect((await me(phone.access).expect(401)).body.code).toBe('token_revoked');
    expect((await refresh(phone.refresh).expect(401)).body.code).toBe('session_revoked');
    await me(laptop.access).expect(200);
    await refresh(laptop.refresh).expect(200);
    await loginWith(phone.email, PASSWORD).expect(401);
    await loginWith(phone.email, CHOSEN).expect(200);
  });

  test.each([
    ['a wrong current password', 'not the right passphrase', CHOSEN, 403, 'wrong_password'],
    ['no current password', undefined, CHOSEN, 400, 'invalid_request'],
    ['an empty current password', '', CHOSEN, 400, 'invalid_request'],
    ['an operator for a current password', { $ne: null }, CHOSEN, 400, 'invalid_request'],
    ['no new password', PASSWORD, undefined, 400, 'invalid_request'],
    ['a short one', PASSWORD, 'short', 400, 'password_too_short'],
    ['a common one', PASSWORD, '1qaz2wsx3edc', 400, 'password_too_common'],
    ['the login itself', PASSWORD, 'the-owner@example.org', 400, 'password_is_login'],
    ['NUL', PASSWORD, 'a passphrase with \0 in it', 400, 'password_malformed'],
    ['a current password of 50 kB', 'x'.repeat(50_000), CHOSEN, 400, 'password_too_long'],
  ])('a password change with %s changes nothing and ends no session', async (_, current, chosen, status, code) => {
    const { email, access } = await signUp(app, 'the-owner@example.org');
    const other = await logIn(app, email);
    expect((await change(access, current, chosen).expect(status)).body.code).toBe(code);
    await me(other.access).expect(200);
    await loginWith(email, PASSWORD).expect(200);
    expect(events.map(({ type }) => type)).not.toContain('password_changed');
  });

  test('a password change needs an access token: neither the password alone nor a refresh token will do', async () => {
    const { refresh: token } = await signUp(app);
    await app.http.post('/auth/password').send({ current_password: PASSWORD, new_password: CHOSEN }).expect(401);
    await change(token, PASSWORD, CHOSEN).expect(401);
  });

  test('a stolen access token cannot guess the password: the limit of logins holds here too', async () => {
    const { email, access } = await signUp(app);
    const before = hasher.calls;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => change(access, `guess number ${i}`, CHOSEN)),
    );
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([hasher.calls - before, count(403), count(429)]).toEqual([5, 5, 15]);
    const throttled = await change(access, PASSWORD, CHOSEN).expect(429);
    expect(Number(throttled.headers['retry-after'])).toBeGreaterThan(0);
    await loginWith(email, PASSWORD).expect(429);
  });

  test('of two password changes at once one wins, the other is told, and the password of the winner is stored', async () => {
    const { email, access } = await signUp(app);
    let arrived = 0;
    let open = () => {};
    const both = new Promise<void>((resolve) => {
      open = resolve;
    });
    hasher.beforeHash = () => {
      if (++arrived === 2) open();
      return both;
    };
    const chosen = ['the first new passphrase', 'the second new passphrase'] as const;
    const answers = await Promise.all(chosen.map((password) => change(access, PASSWORD, password)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('password_changed_meanwhile');
    const winner = answers.findIndex(({ status }) => status === 204);
    await loginWith(email, chosen[winner] as string).expect(200);
    await loginWith(email, chosen[1 - winner] as string).expect(401);
    expect(events.filter(({ type }) => type === 'password_changed')).toHaveLength(1);
  });

  test('a login with the old password that overlaps the change does not survive it', async () => {
    const { email, access } = await signUp(app);
    const create = app.sessionStore.create.bind(app.sessionStore);
    // The change happens between the check of the old password and the session.
    app.sessionStore.create = async (session) => {
      app.sessionStore.create = create;
      await change(access, PASSWORD, CHOSEN).expect(204);
      return create(session);
    };
    expect((await loginWith(email, PASSWORD).expect(401)).body.code).toBe('invalid_credentials');
    const sessions = await app.as(access).get('/auth/sessions').expect(200);
    expect(sessions.body).toHaveLength(1);
  });
});
