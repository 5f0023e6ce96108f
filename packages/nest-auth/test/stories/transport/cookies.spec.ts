import {
  AuthService,
  CurrentUser,
  deviceOf,
  type LiveSession,
  memoryStores,
  type Principal,
  Public,
  RefreshAuthGuard,
  TokenAnswers,
} from '@acme/nest-auth';
import fastifyCookie from '@fastify/cookie';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Body, Controller, Get, Inject, Post, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import cookieParser from 'cookie-parser';
import { PASSWORD, startApp, type TestApp } from '../../support/app.js';
import { signUpByCookie } from '../../support/browser.js';
import { ACCESS, BY_COOKIE, cookieHeader, cookiesOf, REFRESH, SAME_ORIGIN } from '../../support/cookies.js';

const DAY = 24 * 60 * 60;
const ATTRIBUTES = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' };
const REMEMBERED = { [ACCESS]: { ...ATTRIBUTES, maxAge: 900 }, [REFRESH]: { ...ATTRIBUTES, maxAge: 90 * DAY } };

/** A response as the two plugins make it. */
interface CookieSetter {
  cookie?(name: string, value: string): unknown;
  setCookie?(name: string, value: string): unknown;
}

/** A route of the app's own that logs in, and sets a cookie of its own. */
@Controller('own')
class OwnController {
  constructor(@Inject(AuthService) private readonly auth: AuthService) {}

  @Public()
  @UseInterceptors(TokenAnswers)
  @Post('login')
  login(@Body() body: { login: string }, @Req() request: never, @Res({ passthrough: true }) response: unknown) {
    (response as { header(name: string, value: string): unknown }).header('Set-Cookie', 'theme=dark');
    return this.auth.login({ login: body.login, password: PASSWORD }, deviceOf(request));
  }

  @Public()
  @UseInterceptors(TokenAnswers)
  @Post('within')
  async within(@Body() { login, as }: { login: string; as: string }) {
    const tokens = await this.auth.login({ login, password: PASSWORD });
    return as === 'list' ? [{ data: { tokens } }] : { user: login, tokens };
  }

  @Get('mine')
  mine() {
    return { mine: true };
  }

  /** A second factor, for example. */
  @UseInterceptors(TokenAnswers)
  @Post('step-up')
  async stepUp(@CurrentUser() caller: Principal, @Req() request: never) {
    return this.auth.admit(await this.auth.user(caller), deviceOf(request), { methods: ['pwd', 'otp'] });
  }

  @Public()
  @UseGuards(AuthGuard('jwt'))
  @UseInterceptors(TokenAnswers)
  @Post('step-up-by-passport')
  async stepUpByPassport(@CurrentUser() caller: Principal, @Req() request: never) {
    return this.stepUp(caller, request);
  }
}

describe.each(['cookie', 'both'] as const)('transport: %s', (transport) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ options: { transport }, controllers: [OwnController] });
  });
  afterAll(() => app.close());

  const refresh = (cookie: string) => app.http.post('/auth/refresh').set(BY_COOKIE).set('Cookie', cookie).send({});
  const me = (cookie: string) => app.http.get('/auth/me').set('Cookie', cookie);

  test('the tokens of a browser are in cookies that no script reads, and in no body', async () => {
    const { email, answer, cookie, access, refresh: refreshToken } = await signUpByCookie(app);
    const login = await app.http.post('/auth/login').set(BY_COOKIE).send({ email, password: PASSWORD }).expect(200);
    for (const { body, headers } of [answer, login, await refresh(cookie).expect(200)]) {
      expect(body).toEqual({ expires_in: 900 });
      expect(cookiesOf({ headers })).toMatchObject(REMEMBERED);
      expect(headers['set-cookie']).toHaveLength(2);
      expect(JSON.stringify(headers['set-cookie'])).not.toMatch(/domain/i);
      expect(headers['cache-control']).toBe('no-store');
    }
    expect(JSON.stringify((await me(cookie).expect(200)).body)).not.toContain(access);
    expect(access.split('.')).toHaveLength(3);
    expect(refreshToken).toMatch(/^nar_/);
  });

  test('a refresh by cookie rotates: racers get the same successor, and a replay ends the session', async () => {
    const { cookie } = await signUpByCookie(app);
    const answers = await Promise.all([1, 2, 3].map(() => refresh(cookie).expect(200)));
    expect(new Set(answers.map((answer) => cookiesOf(answer)[REFRESH]?.value)).size).toBe(1);
    const next = cookieHeader(answers[0] as never);
    await refresh(next).expect(200);
    const replay = await refresh(cookie).expect(401);
    expect([replay.body.code, replay.headers['set-cookie']]).toEqual(['refresh_token_reused', undefined]);
    await me(next).expect(401);
  });

  test.each([true, false])(
    'a confirmation renews the access cookie alone, kept as before (remembered: %j)',
    async (remember) => {
      const { cookie, refresh: refreshToken } = await signUpByCookie(app, { remember });
      for (const asked of [BY_COOKIE, SAME_ORIGIN]) {
        const confirming = app.http.post('/auth/confirm').set(asked).set('Cookie', cookie).send({ password: PASSWORD });
        const answer = await confirming.expect(200);
        expect(answer.body).toEqual({ expires_in: 900 });
        const cookies = cookiesOf(answer);
        expect(Object.keys(cookies)).toEqual([ACCESS]);
        expect(cookies[ACCESS]).toMatchObject(ATTRIBUTES);
        expect(cookies[ACCESS]?.maxAge).toBe(remember ? 900 : undefined);
        await me(`${cookieHeader(answer)}; ${REFRESH}=${refreshToken}`).expect(200);
      }
      await refresh(cookie).expect(200);
    },
  );

  test('a confirmation from a page of another site is refused, and so is a wrong password, without a cookie', async () => {
    const { cookie } = await signUpByCookie(app);
    const confirm = (headers: Record<string, string>, password = PASSWORD) =>
      app.http.post('/auth/confirm').set(headers).set('Cookie', cookie).send({ password });
    expect((await confirm({ 'Sec-Fetch-Site': 'cross-site' }).expect(403)).body.code).toBe('cross_site_request');
    const wrong = await confirm(BY_COOKIE, 'not the right passphrase').expect(403);
    expect([wrong.body.code, wrong.headers['set-cookie']]).toEqual(['wrong_password', undefined]);
  });

  test('a refresh that is refused clears nothing: a newer login may have set the cookies', async () => {
    const { cookie } = await signUpByCookie(app);
    await app.http.post('/auth/logout').set(SAME_ORIGIN).set('Cookie', cookie).expect(204);
    const refused = await refresh(cookie).expect(401);
    expect([refused.body.code, refused.headers['set-cookie']]).toEqual(['session_revoked', undefined]);
    const none = await refresh('theme=dark').expect(401);
    expect([none.body.code, none.headers['set-cookie']]).toEqual(['missing_token', undefined]);
  });

  test('a user a user who is not remembered has cookies that end with the browser, however often they are renewed', async () => {
    const { answer, email, cookie } = await signUpByCookie(app, { remember: false });
    const login = await app.http
      .post('/auth/login')
      .set(BY_COOKIE)
      .send({ email, password: PASSWORD, remember: false })
      .expect(200);
    const later = await refresh(cookie).expect(200);
    for (const given of [answer, login, later, await refresh(cookieHeader(later)).expect(200)]) {
      const cookies = cookiesOf(given);
      expect(cookies[ACCESS]).toMatchObject(ATTRIBUTES);
      for (const { maxAge, expires } of Object.values(cookies))
        expect([maxAge, expires]).toEqual([undefined, undefined]);
    }
  });

  test.each(['no', 1, null])('remember: %j is refused', async (remember) => {
    const body = { email: 'a@example.org', password: PASSWORD, remember };
    for (const path of ['/auth/login', '/auth/register']) {
      const refused = await app.http.post(path).set(BY_COOKIE).send(body).expect(400);
      expect(refused.body).toMatchObject({ code: 'invalid_request', field: 'remember' });
    }
  });

  test.each([
    ['the access cookie', () => ACCESS],
    ['the refresh cookie alone, as after 15 minutes', () => REFRESH],
  ])('a logout by %s ends the session and removes both cookies, attributes and all', async (_, kept) => {
    const { answer, cookie } = await signUpByCookie(app);
    const { name, value } = cookiesOf(answer)[kept()] ?? {};
    const { headers } = await app.http
      .post('/auth/logout')
      .set(BY_COOKIE)
      .set('Cookie', `${name}=${value}`)
      .expect(204);
    const cleared = { ...ATTRIBUTES, value: '', maxAge: 0 };
    expect(cookiesOf({ headers })).toMatchObject({ [ACCESS]: cleared, [REFRESH]: cleared });
    await me(cookie).expect(401);
    await refresh(cookie).expect(401);
  });

  test.each([
    ['nothing', {}],
    ['tokens that are none', { Cookie: `${ACCESS}=x; ${REFRESH}=y` }],
  ])('a logout with %s is 204 and clears', async (_, headers) => {
    const answer = await app.http.post('/auth/logout').set(BY_COOKIE).set(headers).expect(204);
    expect(Object.keys(cookiesOf(answer))).toEqual([ACCESS, REFRESH]);
  });

  test('a logout everywhere, and the end of this very session, clear too; the end of another does not', async () => {
    const { cookie, email } = await signUpByCookie(app);
    const second = await app.http.post('/auth/login').set(BY_COOKIE).send({ email, password: PASSWORD });
    const { body } = await app.http.get('/auth/sessions').set('Cookie', cookie).expect(200);
    const idOf = (current: boolean) => body.find((session: { current: boolean }) => session.current === current).id;
    const end = (id: string) => app.http.delete(`/auth/sessions/${id}`).set(BY_COOKIE).set('Cookie', cookie);
    expect((await end(idOf(false)).expect(204)).headers['set-cookie']).toBeUndefined();
    await me(cookieHeader(second)).expect(401);
    expect((await end(idOf(true)).expect(204)).headers['set-cookie']).toHaveLength(2);
    const third = cookieHeader(await app.http.post('/auth/login').set(BY_COOKIE).send({ email, password: PASSWORD }));
    const all = await app.http.post('/auth/logout-all').set(BY_COOKIE).set('Cookie', third).expect(204);
    expect(all.headers['set-cookie']).toHaveLength(2);
  });

  test('two cookies of one name are refused: one of them was planted', async () => {
    const { cookie } = await signUpByCookie(app);
    const planted = await me(`${cookie}; ${ACCESS}=planted`).expect(400);
    expect(planted.body).toMatchObject({ code: 'invalid_request', message: `Two cookies are named ${ACCESS}.` });
    await refresh(`${REFRESH}=planted; ${cookie}`).expect(400);
  });

  test('a cookie is found among others, and by its whole name alone', async () => {
    const { cookie, access } = await signUpByCookie(app);
    await me(`a=b;c; ${cookie} ;d=e`).expect(200);
    for (const others of [
      `x${ACCESS}=${access}`,
      `${ACCESS}x=${access}`,
      `a="; ${ACCESS}"`,
      `${ACCESS.toLowerCase()}=${access}`,
    ])
      expect((await me(others).expect(401)).body.code).toBe('missing_token');
  });

  // Browsers protect the prefix of a whole name: a sibling domain may set one that only looks the same once trimmed.
  test.each(['\u00a0', '\u0085', '\u00a0 ', ' \u00a0', '\u00c2\u00a0'])(
    'a name behind the blank %j is another name',
    async (blank) => {
      const { cookie, access } = await signUpByCookie(app);
      const planted = `${blank}${ACCESS}=${access}`;
      expect((await me(planted).expect(401)).body.code).toBe('missing_token');
      expect((await me(`a=b;${planted}`).expect(401)).body.code).toBe('missing_token');
      await me(`${planted}; ${cookie}`).expect(200);
    },
  );

  test.each(['member', 'list'])('tokens inside of an answer of the app go out to nobody (%s)', async (as) => {
    const { email } = await signUpByCookie(app);
    const { status, text, headers } = await app.http.post('/own/within').set(BY_COOKIE).send({ login: email, as });
    expect([status, headers['set-cookie']]).toEqual([500, undefined]);
    expect(text).not.toMatch(/nar_|eyJ/);
  });

  test('a route of the app answers as ours do, and keeps the cookies that it sets itself', async () => {
    const { email, cookie } = await signUpByCookie(app);
    const answer = await app.http.post('/own/login').set(BY_COOKIE).send({ login: email }).expect(201);
    expect(answer.body).toEqual({ expires_in: 900 });
    expect(Object.keys(cookiesOf(answer))).toEqual(['theme', ACCESS, REFRESH]);
    await app.http.get('/own/mine').set('Cookie', cookie).expect(200, { mine: true });
  });
});

describe('transport: both', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ options: { transport: 'both' }, controllers: [OwnController] });
  });
  afterAll(() => app.close());

  test('a client that does not ask for cookies gets tokens in the body, and no cookie', async () => {
    const body = { email: 'cli@example.org', password: PASSWORD };
    const { body: tokens, headers } = await app.http.post('/auth/register').send(body).expect(201);
    expect([Object.keys(tokens).length, headers['set-cookie']]).toEqual([4, undefined]);
    await app.as(tokens.access_token).get('/auth/me').expect(200);
    const { headers: again } = await app.http
      .post('/auth/refresh')
      .send({ refresh_token: tokens.refresh_token })
      .expect(200);
    expect(again['set-cookie']).toBeUndefined();
    const out = await app.as(tokens.access_token).post('/auth/logout').expect(204);
    expect(out.headers['set-cookie']).toBeUndefined();
  });

  test('a script in the page cannot turn its cookies into tokens that it can read', async () => {
    const { cookie } = await signUpByCookie(app);
    const attempt = await app.http.post('/auth/refresh').set(SAME_ORIGIN).set('Cookie', cookie).send({}).expect(400);
    expect(attempt.body.code).toBe('invalid_request');
  });

  test.each([
    ['without the header', {}],
    ['with X-Auth-Transport: bearer', { 'X-Auth-Transport': 'bearer' }],
  ])('nor can it by a route of the app that answers its caller with tokens, %s', async (_, asked) => {
    const { cookie, access } = await signUpByCookie(app);
    for (const path of ['/own/step-up', '/own/step-up-by-passport']) {
      const answer = await app.http.post(path).set(SAME_ORIGIN).set(asked).set('Cookie', cookie).expect(201);
      expect([answer.body, Object.keys(cookiesOf(answer))]).toEqual([{ expires_in: 900 }, [ACCESS, REFRESH]]);
      const { body, headers } = await app.as(access).post(path).set(asked).expect(201);
      expect([Object.keys(body).length, headers['set-cookie']]).toEqual([4, undefined]);
    }
  });

  test('credentials of both kinds at once are refused', async () => {
    const { cookie, access, refresh } = await signUpByCookie(app);
    const message = 'The request has a bearer token and a cookie of this app; send one of them.';
    const refused = await app.as(access).get('/auth/me').set('Cookie', cookie).expect(400);
    expect(refused.body).toMatchObject({ code: 'invalid_request', message });
    const body = { refresh_token: refresh };
    for (const headers of [BY_COOKIE, { Cookie: cookie }])
      expect((await app.http.post('/auth/refresh').set(headers).send(body).expect(400)).body.message).toBe(message);
  });

  test.each(['Cookie', 'cookies', '', 'cookie, bearer'])('X-Auth-Transport: %j is refused', async (asked) => {
    const answer = await app.http.post('/auth/login').set('X-Auth-Transport', asked).send({}).expect(400);
    expect(answer.body.message).toBe('X-Auth-Transport must be bearer or cookie.');
  });
});

describe('one transport alone', () => {
  test('bearer: cookies do not count, and a client that asks for some is told', async () => {
    const app = await startApp();
    const { body } = await app.http.post('/auth/register').send({ email: 'a@example.org', password: PASSWORD });
    const cookie = `${ACCESS}=${body.access_token}; ${REFRESH}=${body.refresh_token}`;
    expect((await app.http.get('/auth/me').set('Cookie', cookie).expect(401)).body.code).toBe('missing_token');
    await app.http.post('/auth/refresh').set('Cookie', cookie).send({}).expect(400);
    const asked = await app.http
      .post('/auth/login')
      .set(BY_COOKIE)
      .send({ email: 'a@example.org', password: PASSWORD });
    expect([asked.status, asked.body.message]).toEqual([400, 'X-Auth-Transport must be bearer.']);
    await app.close();
  });

  test('cookie: the header does not count, and an answer says so', async () => {
    const app = await startApp({ options: { transport: 'cookie' } });
    const { access, refresh, cookie } = await signUpByCookie(app);
    const refused = await app.as(access).get('/auth/me').expect(401);
    expect(refused.body.message).toBe('This app takes access tokens by cookie, not by header.');
    // A proxy may want a header of its own.
    await app.http.get('/auth/me').set('Authorization', 'Basic eDp5').set('Cookie', cookie).expect(200);
    await app.http.post('/auth/refresh').set(SAME_ORIGIN).send({ refresh_token: refresh }).expect(400);
    await app.http
      .post('/auth/login')
      .set({ ...BY_COOKIE, 'X-Auth-Transport': 'bearer' })
      .send({})
      .expect(400);
    await app.close();
  });
});

describe('a logout by bearer', () => {
  test('works with the refresh token when the access token has run out, and is 204 with neither', async () => {
    const app = await startApp();
    const { body } = await app.http.post('/auth/register').send({ email: 'a@example.org', password: PASSWORD });
    app.clock.advance(3600);
    await app.as(body.access_token).get('/auth/me').expect(401);
    await app.as(body.access_token).post('/auth/logout').expect(204);
    await app.http.post('/auth/refresh').send({ refresh_token: body.refresh_token }).expect(200);
    await app.http.post('/auth/logout').send({ refresh_token: body.refresh_token }).expect(204);
    const { body: refused } = await app.http.post('/auth/refresh').send({ refresh_token: body.refresh_token });
    expect(refused.code).toBe('session_revoked');
    for (const none of [{}, { refresh_token: 'none' }]) await app.http.post('/auth/logout').send(none).expect(204);
    await app.http.post('/auth/logout').expect(204);
    await app.http.post('/auth/logout').send({ refresh_token: 7 }).expect(400);
    await app.http.post('/auth/logout').type('text/plain').send('bye').expect(204);
    await app.close();
  });

  test('is 503 with a store that is down, and its cookies are gone from the browser all the same', async () => {
    const stores = memoryStores();
    const app = await startApp({ options: { ...stores, clock: Date.now, transport: 'both' } });
    const { cookie } = await signUpByCookie(app);
    stores.sessionStore.revoke = () => Promise.reject(new Error('down'));
    const answer = await app.http.post('/auth/logout').set(BY_COOKIE).set('Cookie', cookie).expect(503);
    expect(Object.values(cookiesOf(answer)).map(({ maxAge }) => maxAge)).toEqual([0, 0]);
    await app.close();
  });
});

describe('beside cookie-parser or @fastify/cookie', () => {
  @Controller('theme')
  class ThemeController {
    constructor(@Inject(AuthService) private readonly auth: AuthService) {}

    @Public()
    @UseInterceptors(TokenAnswers)
    @Post()
    login(@Body() body: { login: string }, @Req() request: never, @Res({ passthrough: true }) response: CookieSetter) {
      if ('setCookie' in response) response.setCookie?.('theme', 'dark');
      else response.cookie?.('theme', 'dark');
      return this.auth.login({ login: body.login, password: PASSWORD }, deviceOf(request));
    }

    @Get()
    read(@Req() { cookies }: { cookies: Record<string, string> }, @CurrentUser('id') id: string) {
      return { theme: cookies.theme, id };
    }
  }

  test('its cookies and ours are set and read side by side', async () => {
    const app = await startApp({
      options: { transport: 'both' },
      controllers: [ThemeController],
      configure: (made) => {
        if (process.env.HTTP === 'fastify') made.getHttpAdapter().getInstance().register(fastifyCookie);
        else made.use(cookieParser());
      },
    });
    const { email } = await signUpByCookie(app);
    const answer = await app.http.post('/theme').set(BY_COOKIE).send({ login: email }).expect(201);
    expect(Object.keys(cookiesOf(answer)).sort()).toEqual([ACCESS, REFRESH, 'theme']);
    const { body } = await app.http.get('/theme').set('Cookie', cookieHeader(answer)).expect(200);
    expect(body).toEqual({ theme: 'dark', id: expect.any(String) });
    await app.close();
  });
});

describe('cookies as an app names them', () => {
  test.each([
    [{ secure: false }, ['nest-auth-access', 'nest-auth-refresh'], { secure: undefined, sameSite: 'lax' }],
    [{ access: 'a', refresh: 'r', sameSite: 'strict' }, ['a', 'r'], { secure: true, sameSite: 'strict' }],
    [{ sameSite: 'none', origins: ['https://app.example.org'] }, [ACCESS, REFRESH], { secure: true, sameSite: 'none' }],
  ] as const)('%j', async (cookies, names, attributes) => {
    const app = await startApp({ options: { transport: 'cookie', cookies } });
    const body = { email: 'a@example.org', password: PASSWORD };
    const answer = await app.http.post('/auth/register').set(BY_COOKIE).send(body).expect(201);
    const set = Object.values(cookiesOf(answer));
    expect(set.map(({ name }) => name)).toEqual(names);
    for (const { secure, sameSite, httpOnly, path } of set)
      expect({ secure, sameSite, httpOnly, path }).toEqual({ ...attributes, httpOnly: true, path: '/' });
    await app.http.get('/auth/me').set('Cookie', cookieHeader(answer)).expect(200);
    await app.close();
  });

  test('by cookie alone, a user whose access token no browser would keep has no session', async () => {
    const app = await startApp({ options: { transport: 'cookie', claims: () => ({ long: 'x'.repeat(4000) }) } });
    const body = { email: 'a@example.org', password: PASSWORD };
    await app.http.post('/auth/register').set(BY_COOKIE).send(body).expect(500);
    const user = await app.userStore.findByLogin(body.email);
    expect(await app.sessionStore.listActive(user?.id ?? '', { now: new Date(app.clock.read()), limit: 1 })).toEqual(
      [],
    );
    await app.close();
  });

  test('an access token that no browser would keep is 500, and the log says why', async () => {
    const app = await startApp({ options: { transport: 'both', claims: () => ({ long: 'x'.repeat(4000) }) } });
    const body = { email: 'a@example.org', password: PASSWORD };
    const { status, headers } = await app.http.post('/auth/register').set(BY_COOKIE).send(body);
    expect([status, headers['set-cookie']]).toEqual([500, undefined]);
    await app.http.post('/auth/login').send(body).expect(200);
    await app.close();
  });
});

@Controller('notes')
class NotesController {
  @Get()
  list() {
    return [];
  }
}

@Public()
@UseGuards(RefreshAuthGuard)
@Controller('renew')
class RenewController {
  constructor(@Inject(AuthService) private readonly auth: AuthService) {}

  @Post('openly')
  openly(@CurrentUser() session: LiveSession) {
    return this.auth.tokensOf(session);
  }

  @UseInterceptors(TokenAnswers)
  @Post()
  renew(@CurrentUser() session: LiveSession) {
    return this.auth.tokensOf(session);
  }
}

test("a refresh route of the app's own answers a cookie by cookie, or with a 500", async () => {
  const app = await startApp({ options: { transport: 'both' }, controllers: [RenewController] });
  const { cookie, email } = await signUpByCookie(app);
  const post = (path: string) => app.http.post(path).set(BY_COOKIE).set('Cookie', cookie).send({});
  const open = await post('/renew/openly').expect(500);
  expect([open.text, open.headers['set-cookie']]).toEqual([expect.not.stringMatching(/nar_|eyJ/), undefined]);
  const hidden = await post('/renew').expect(201);
  expect([hidden.body, Object.keys(cookiesOf(hidden))]).toEqual([{ expires_in: 900 }, [ACCESS, REFRESH]]);
  const { body } = await app.http.post('/auth/login').send({ email, password: PASSWORD });
  await app.http.post('/renew/openly').send({ refresh_token: body.refresh_token }).expect(201);
  await app.close();
});

test('a guarded route of the app takes the access cookie', async () => {
  const app = await startApp({ options: { transport: 'cookie' }, controllers: [NotesController] });
  const { cookie } = await signUpByCookie(app);
  await app.http.get('/notes').expect(401);
  await app.http.get('/notes').set('Cookie', cookie).expect(200, []);
  await app.close();
});
