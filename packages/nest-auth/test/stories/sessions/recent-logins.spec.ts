import {
  type AuthEvent,
  AuthEvents,
  type AuthOptions,
  AuthService,
  CurrentUser,
  type Principal,
  policyOf,
  RequireRecent,
  TokenAnswers,
  TokenService,
} from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Delete, Get, HttpCode, Inject, Post, UseInterceptors } from '@nestjs/common';
import { logIn, PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { open } from '../../support/keys/forge.js';
import { TRANSPORT } from '../../support/transports.js';

const MINUTE = 60;

@RequireRecent('5m')
@Controller('account')
class AccountController {
  @Delete()
  remove(@CurrentUser() { authenticatedAt, methods }: Principal) {
    return { authenticatedAt, methods };
  }

  @RequireRecent('1h')
  @Get()
  show(@CurrentUser('id') id: string) {
    return { id };
  }

  @RequireRecent(300, { methods: ['mfa'] })
  @Post('keys')
  key() {
    return { key: 'k' };
  }
}

/** A feature's own route: its answer of `confirm` is sent like the answer of a login. */
@Controller('own')
class OwnController {
  constructor(@Inject(AuthService) private readonly auth: AuthService) {}

  @UseInterceptors(TokenAnswers)
  @Post('confirm')
  @HttpCode(200)
  confirm(@CurrentUser() caller: Principal) {
    return this.auth.confirm(caller, { methods: ['otp', 'mfa'] });
  }

  @UseInterceptors(TokenAnswers)
  @Post('wrapped')
  async wrapped(@CurrentUser() caller: Principal) {
    return { done: await this.auth.confirm(caller, { methods: ['otp'] }) };
  }
}

let app: TestApp;
let hasher: FakeHasher;
let events: AuthEvent[];

async function start(options: Partial<AuthOptions> = {}) {
  hasher = new FakeHasher();
  app = await startApp({
    controllers: [AccountController, OwnController],
    options: { password: { hasher }, ...options },
  });
  events = [];
  app.app.get(AuthEvents).subscribe((event) => events.push(event));
  return app;
}
afterEach(() => app.close());

const remove = (token: string) => app.as(token).delete('/account');
const confirm = (token: string, password: unknown = PASSWORD) => app.as(token).post('/auth/confirm').send({ password });
const refresh = async (token: string) =>
  (await app.http.post('/auth/refresh').send({ refresh_token: token }).expect(200)).body;
const authTimeOf = (token: string) => open(token).payload.auth_time;
const nowInSeconds = () => Math.floor(app.clock.now / 1000);

describe('a route that wants a recent login', () => {
  test('lets a fresh login in, and tells an old one how fresh it must be (RFC 9470)', async () => {
    await start();
    const { access } = await signUp(app);
    await remove(access).expect(200);
    app.clock.advance(5 * MINUTE + 5);
    await remove(access).expect(200);
    app.clock.advance(1);
    const answer = await remove(access).expect(401);
    expect(answer.body).toEqual({
      ...{ statusCode: 401, error: 'Unauthorized', code: 'insufficient_user_authentication', max_age: 300 },
      message: 'Prove again who you are: this needs a login of the last 300 seconds.',
    });
    expect(answer.headers['www-authenticate']).toBe(
      'Bearer realm="api", error="insufficient_user_authentication", ' +
        'error_description="Prove again who you are: this needs a login of the last 300 seconds.", max_age="300"',
    );
    expect(answer.headers['cache-control']).toBe('no-store');
    await app.as(access).get('/auth/me').expect(200);
    expect(events.at(-1)).toMatchObject({ type: 'access_denied', code: 'insufficient_user_authentication' });
  });

  test('is not fooled by refreshes: none of them makes an old login fresh', async () => {
    await start();
    let { access, refresh: token } = await signUp(app);
    const loggedInAt = authTimeOf(access);
    for (let turn = 0; turn < 10; turn++) {
      app.clock.advance(2 * MINUTE);
      const rotated = await refresh(token);
      [access, token] = [rotated.access_token, rotated.refresh_token];
      expect(authTimeOf(access)).toBe(loggedInAt);
      await remove(access).expect(turn < 2 ? 200 : 401);
    }
  });

  test('may ask a handler for another age than its class', async () => {
    await start();
    const { access } = await signUp(app);
    app.clock.advance(10 * MINUTE);
    await remove(access).expect(401);
    await app.as(access).get('/account').expect(200);
    const { requirements } = policyOf(AccountController.prototype.show, AccountController);
    expect(requirements?.map(({ name }) => name)).toEqual(['a login of the last 3600 seconds']);
  });

  test('may ask for methods: a password alone is not enough for mfa, however fresh', async () => {
    await start();
    const { access } = await signUp(app);
    const { body } = await app.as(access).post('/account/keys').expect(401);
    expect(body).toMatchObject({ code: 'insufficient_user_authentication', max_age: 300 });
    expect(body.message).toContain('by mfa');
    const confirmed = await app.as(access).post('/own/confirm').expect(200);
    await app.as(confirmed.body.access_token).post('/account/keys').expect(201);
  });

  test('refuses a token whose login lies in the future, beyond the tolerance', async () => {
    await start({ clockTolerance: 10 });
    const { email } = await signUp(app);
    const user = await app.userStore.findByLogin(email);
    const tokenOf = async (ahead: number) => {
      const authenticatedAt = new Date(app.clock.now + ahead * 1000);
      return (await app.app.get(TokenService).issue(user!, 'a-session', { authenticatedAt })).token;
    };
    await remove(await tokenOf(10)).expect(200);
    const { body } = await remove(await tokenOf(12)).expect(401);
    expect(body.code).toBe('insufficient_user_authentication');
  });
});

describe('POST /auth/confirm', () => {
  test('with the password: a fresh login of the same session, in an access token alone', async () => {
    await start();
    const { access, refresh: token } = await signUp(app);
    app.clock.advance(10 * MINUTE);
    await remove(access).expect(401);
    const answer = await confirm(access).expect(200);
    const { access_token: fresh, ...rest } = answer.body;
    expect(rest).toEqual({ token_type: 'Bearer', expires_in: 900 });
    expect(answer.headers['cache-control']).toBe('no-store');
    const [before, after] = [open(access).payload, open(fresh).payload];
    expect(after).toMatchObject({ sid: before.sid, sub: before.sub, amr: ['pwd'], auth_time: nowInSeconds() });
    expect((await remove(fresh).expect(200)).body.authenticatedAt).toBe(nowInSeconds());
    // The refresh token has not changed, and its successors carry the new time.
    const confirmedAt = nowInSeconds();
    app.clock.advance(2 * MINUTE);
    const rotated = await refresh(token);
    expect(authTimeOf(rotated.access_token)).toBe(confirmedAt);
    await remove(rotated.access_token).expect(200);
    app.clock.advance(4 * MINUTE);
    await remove((await refresh(rotated.refresh_token)).access_token).expect(401);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'reauthenticated', userId: before.sub, sessionId: before.sid }),
    );
  });

  test('keeps what the login had, and adds what was proved', async () => {
    await start();
    const { email } = await signUp(app);
    const user = await app.userStore.findByLogin(email);
    const tokens = await app.app.get(AuthService).admit(user!, undefined, { methods: ['hwk', 'user'] });
    if (!('access_token' in tokens)) throw new Error('A challenge was asked for.');
    const { body } = await confirm(tokens.access_token).expect(200);
    expect(open(body.access_token).payload.amr).toEqual(['hwk', 'user', 'pwd']);
    const { body: list } = await app.as(body.access_token).get('/auth/sessions').expect(200);
    expect(list.find(({ current }: { current: boolean }) => current).methods).toEqual(['hwk', 'user', 'pwd']);
  });

  test('leaves the other sessions of the user as they are', async () => {
    await start();
    const phone = await signUp(app);
    const laptop = await logIn(app, phone.email);
    const loggedInAt = authTimeOf(phone.access);
    app.clock.advance(10 * MINUTE);
    await confirm(laptop.access).expect(200);
    expect(authTimeOf((await refresh(phone.refresh)).access_token)).toBe(loggedInAt);
  });

  test.each([
    ['a wrong password', 'not the right passphrase', 403, 'wrong_password'],
    ['no password', undefined, 400, 'invalid_request'],
    ['an operator', { $ne: null }, 400, 'invalid_request'],
    ['NUL', 'a passphrase with \0 in it', 400, 'password_malformed'],
    ['a password of 50 kB', 'x'.repeat(50_000), 400, 'password_too_long'],
  ])('with %s makes nothing fresh', async (_, password, status, code) => {
    await start();
    const { access, refresh: token } = await signUp(app);
    const loggedInAt = authTimeOf(access);
    app.clock.advance(10 * MINUTE);
    const answer = await app.as(access).post('/auth/confirm').send({ password }).expect(status);
    expect(answer.body.code).toBe(code);
    expect(authTimeOf((await refresh(token)).access_token)).toBe(loggedInAt);
    const types = events.map(({ type }) => type);
    expect(types).not.toContain('reauthenticated');
    expect(types.includes('confirm_failed')).toBe(status === 403);
  });

  test('takes JSON alone: a form of another site needs no preflight', async () => {
    await start();
    const { access } = await signUp(app);
    const before = hasher.calls;
    const posting = app.as(access).post('/auth/confirm').set('Content-Type', 'text/plain');
    const answer = await posting.send(`{"password":"${PASSWORD}"}`);
    expect([answer.status >= 400 && answer.status < 500, hasher.calls - before]).toEqual([true, 0]);
  });

  test('needs an access token: the password alone will not do', async () => {
    await start();
    const { refresh: token } = await signUp(app);
    await app.http.post('/auth/confirm').send({ password: PASSWORD }).expect(401);
    await confirm(token).expect(401);
  });

  test('a stolen access token cannot guess the password here: the budget of logins and password changes', async () => {
    await start({ throttle: { account: { points: 5, duration: '15m' }, address: { points: 1000, duration: '15m' } } });
    const { email, access } = await signUp(app);
    const before = hasher.calls;
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => confirm(access, `guess number ${i}`)));
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([hasher.calls - before, count(403), count(429)]).toEqual([5, 5, 15]);
    const throttled = await confirm(access).expect(429);
    expect(Number(throttled.headers['retry-after'])).toBeGreaterThan(0);
    await app.http.post('/auth/login').send({ email, password: PASSWORD }).expect(429);
    const change = { current_password: PASSWORD, new_password: 'an even finer passphrase' };
    await app.as(access).post('/auth/password').send(change).expect(429);
  });

  test('of a session that ended meanwhile is refused, and brings nothing back', async () => {
    await start();
    const { access, email } = await signUp(app);
    const reauthenticate = app.sessionStore.reauthenticate.bind(app.sessionStore);
    app.sessionStore.reauthenticate = async (id, proof) => {
      await app.sessionStore.revoke(id);
      return reauthenticate(id, proof);
    };
    expect((await confirm(access).expect(401)).body.code).toBe('token_revoked');
    const user = await app.userStore.findByLogin(email);
    expect(await app.sessionStore.listActive(user!.id, { now: new Date(app.clock.now), limit: 10 })).toEqual([]);
  });
});

describe("a feature's own way to confirm", () => {
  test('answers as the route does', async () => {
    await start();
    const { access } = await signUp(app);
    app.clock.advance(10 * MINUTE);
    const { body } = await app.as(access).post('/own/confirm').expect(200);
    expect(body).not.toHaveProperty('refresh_token');
    await remove(body.access_token).expect(200);
  });

  test('by cookie, a token inside of something else goes out to nobody', async () => {
    await start();
    const { access } = await signUp(app);
    const answer = await app.as(access).post('/own/wrapped');
    expect(answer.status).toBe(TRANSPORT === 'bearer' ? 201 : 500);
  });

  test('must say what was proved', async () => {
    await start();
    const { access } = await signUp(app);
    const caller = await app.app.get(TokenService).verify(access);
    await expect(app.app.get(AuthService).confirm(caller, { methods: [] })).rejects.toMatchObject({
      code: 'invalid_request',
      field: 'methods',
    });
  });
});
