import type { AuthOptions } from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, type INestApplication, Post } from '@nestjs/common';
import { PASSWORD, startApp, type TestApp, type TestAppOptions } from '../../support/app.js';
import { ACCESS, cookieHeader, cookiesOf, REFRESH } from '../../support/cookies.js';
import { runDocumented } from '../../support/documented.js';

const PAGE = 'docs/guides/browsers.md';
const BY_COOKIE = { 'X-Auth-Transport': 'cookie' };

@Controller('notes')
class NotesController {
  @Get()
  list() {
    return [];
  }

  @Post()
  add() {
    return {};
  }
}

let app: TestApp;
afterEach(() => app.close());

const start = async (options: Partial<AuthOptions>, more: TestAppOptions = {}) => {
  app = await startApp({ options, controllers: [NotesController], ...more });
};

/** The steps of a browser on a page that sends these headers: register, read, change, refresh, log out. */
async function tour(sends: Record<string, string>, prefix = '') {
  const email = 'ann@example.org';
  const registered = await app.http
    .post(`${prefix}/auth/register`)
    .set({ ...BY_COOKIE, ...sends })
    .send({ email, password: PASSWORD });
  const cookie = cookieHeader(registered);
  const read = await app.http.get(`${prefix}/notes`).set(sends).set('Cookie', cookie);
  const changed = await app.http.post(`${prefix}/notes`).set(sends).set('Cookie', cookie).send({});
  const refreshed = await app.http
    .post(`${prefix}/auth/refresh`)
    .set({ ...BY_COOKIE, ...sends })
    .set('Cookie', cookie)
    .send({});
  const out = await app.http.post(`${prefix}/auth/logout`).set(sends).set('Cookie', cookieHeader(refreshed));
  return { answers: [registered, read, changed, refreshed, out], cookies: cookiesOf(registered) };
}

const statuses = ({ answers }: Awaited<ReturnType<typeof tour>>) => answers.map(({ status }) => status);
const DONE = [201, 200, 201, 200, 204];

describe(`${PAGE}: where the page and the API are`, () => {
  test('one origin: nothing to set, and another port is another origin', async () => {
    const { sameOrigin } = await runDocumented<{ sameOrigin: Partial<AuthOptions> }>(PAGE, 'sameOrigin');
    await start(sameOrigin);
    expect(statuses(await tour({ 'Sec-Fetch-Site': 'same-origin', Origin: app.url }))).toEqual(DONE);
    const { answers } = await tour({ 'Sec-Fetch-Site': 'same-site', Origin: 'http://127.0.0.1:1' });
    expect(answers[0]?.status).toBe(403);
  });

  test.each([
    ['a proxy that strips a prefix', { Host: 'example.org', 'Sec-Fetch-Site': 'same-origin' }],
    ['one that changes Host too, for a browser of today', { Host: 'app:3000', 'Sec-Fetch-Site': 'same-origin' }],
    ['one that changes Host too, for an older browser', { Host: 'app:3000' }],
  ])('behind %s', async (_, headers) => {
    const { behindProxy } = await runDocumented<{ behindProxy: Partial<AuthOptions> }>(PAGE, 'behindProxy');
    await start(behindProxy);
    const done = await tour({ Origin: 'https://example.org', ...headers });
    expect(statuses(done)).toEqual(DONE);
    expect(done.cookies[ACCESS]?.path).toBe('/');
  });

  test('another subdomain: the browser may send its cookies, and only the pages that are listed', async () => {
    const page = await runDocumented<{
      subdomain: Partial<AuthOptions>;
      allowSubdomain: (app: INestApplication) => void;
    }>(PAGE, 'allowSubdomain');
    await start(page.subdomain, { configure: page.allowSubdomain });
    const origin = 'https://app.example.org';
    const asked = {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type,x-auth-transport',
    };
    const preflight = await app.http.options('/auth/login').set(asked);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
    });
    expect(preflight.headers['access-control-allow-headers']).toMatch(/content-type, ?x-auth-transport/);
    const done = await tour({ Origin: origin, 'Sec-Fetch-Site': 'same-site', Host: 'api.example.org' });
    expect(statuses(done)).toEqual(DONE);
    for (const { headers } of done.answers) expect(headers['access-control-allow-credentials']).toBe('true');
    expect(done.cookies[REFRESH]).toMatchObject({ sameSite: 'lax', secure: true });
    const { answers } = await tour({ Origin: 'https://evil.example.org', 'Sec-Fetch-Site': 'same-site' });
    expect(answers[0]?.status).toBe(403);
  });

  test('another site: the cookies say so, and only the pages that are listed', async () => {
    const { otherSite } = await runDocumented<{ otherSite: Partial<AuthOptions> }>(PAGE, 'otherSite');
    await start(otherSite, {
      configure: (made) => made.enableCors({ origin: 'https://app.example.com', credentials: true }),
    });
    const done = await tour({ Origin: 'https://app.example.com', 'Sec-Fetch-Site': 'cross-site' });
    expect(statuses(done)).toEqual(DONE);
    expect(done.cookies[ACCESS]).toMatchObject({ sameSite: 'none', secure: true, httpOnly: true });
    const { answers } = await tour({ Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' });
    expect(answers[0]?.status).toBe(403);
  });

  test('a server that renders pages reads with the cookies of the browser, and changes with its origin', async () => {
    await start({ transport: 'cookie', cookies: { origins: ['https://app.example.org'] } });
    const { cookies } = await tour({ 'Sec-Fetch-Site': 'same-origin' });
    const cookie = `${ACCESS}=${cookies[ACCESS]?.value}`;
    // The tour has logged out.
    await app.http.get('/notes').set('Cookie', cookie).expect(401);
    const login = await app.http
      .post('/auth/login')
      .set({ ...BY_COOKIE, Origin: 'https://app.example.org' })
      .send({ email: 'ann@example.org', password: PASSWORD })
      .expect(200);
    await app.http.get('/notes').set('Cookie', cookieHeader(login)).expect(200);
    await app.http.post('/notes').set('Cookie', cookieHeader(login)).expect(403);
    await app.http
      .post('/notes')
      .set({ Cookie: cookieHeader(login), Origin: 'https://app.example.org' })
      .expect(201);
  });

  test('a mobile app beside the page has its tokens in bodies', async () => {
    const { sameOrigin } = await runDocumented<{ sameOrigin: Partial<AuthOptions> }>(PAGE, 'sameOrigin');
    await start(sameOrigin);
    const { body, headers } = await app.http
      .post('/auth/register')
      .send({ email: 'a@example.org', password: PASSWORD });
    expect(headers['set-cookie']).toBeUndefined();
    await app.as(body.access_token).post('/notes').expect(201);
    await app.http.post('/auth/refresh').send({ refresh_token: body.refresh_token }).expect(200);
  });

  test('a route of the app answers as the client asked', async () => {
    const { DoorController } = await runDocumented<{ DoorController: new (...args: never[]) => object }>(
      PAGE,
      'class DoorController',
    );
    await start({ transport: 'both' }, { controllers: [DoorController] });
    await app.http.post('/auth/register').send({ email: 'ann@example.org', password: PASSWORD }).expect(201);
    const body = { login: 'ann@example.org', password: PASSWORD };
    const byCookie = await app.http
      .post('/door')
      .set({ ...BY_COOKIE, Origin: app.url })
      .send(body)
      .expect(201);
    expect([byCookie.body, Object.keys(cookiesOf(byCookie))]).toEqual([{ expires_in: 900 }, [ACCESS, REFRESH]]);
    const inBody = await app.http.post('/door').send(body).expect(201);
    expect([typeof inBody.body.access_token, inBody.headers['set-cookie']]).toEqual(['string', undefined]);
  });
});
