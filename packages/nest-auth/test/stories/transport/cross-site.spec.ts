import { OptionalAuth, Public } from '@acme/nest-auth';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { All, Controller } from '@nestjs/common';
import { PASSWORD, startApp, type TestApp } from '../../support/app.js';
import { signUpByCookie } from '../../support/browser.js';
import { ACCESS, BY_COOKIE, cookiesOf, REFRESH } from '../../support/cookies.js';

const OTHER = 'https://app.example.org';

@Controller('notes')
class NotesController {
  @All()
  change() {
    return {};
  }

  @OptionalAuth()
  @All('optional')
  look() {
    return {};
  }

  @Public()
  @All('public')
  open() {
    return {};
  }
}

let app: TestApp;
let own: string;
beforeAll(async () => {
  app = await startApp({
    options: { transport: 'both', cookies: { origins: [OTHER] } },
    controllers: [NotesController],
  });
  own = app.url;
});
afterAll(() => app.close());

/** The headers of browsers about the page that sends a request. */
type Says = Record<string, string>;
const FROM: [string, () => Says, 'ours' | 'foreign'][] = [
  ['a page of this origin', () => ({ 'Sec-Fetch-Site': 'same-origin', Origin: own }), 'ours'],
  ['a page of this origin, in a browser without Sec-Fetch-Site', () => ({ Origin: own }), 'ours'],
  ['a page of this origin, behind a proxy that changes Host', () => ({ 'Sec-Fetch-Site': 'same-origin' }), 'ours'],
  ['a page that is listed', () => ({ 'Sec-Fetch-Site': 'cross-site', Origin: OTHER }), 'ours'],
  ['another port of this host', () => ({ 'Sec-Fetch-Site': 'same-site', Origin: 'http://127.0.0.1:1' }), 'foreign'],
  ['a sibling domain', () => ({ 'Sec-Fetch-Site': 'same-site', Origin: 'https://evil.example.org' }), 'foreign'],
  ['another site', () => ({ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }), 'foreign'],
  ['another site, in a browser without Sec-Fetch-Site', () => ({ Origin: 'https://evil.example' }), 'foreign'],
  ['a listed host without TLS', () => ({ Origin: 'http://app.example.org' }), 'foreign'],
  ['a listed host at another port', () => ({ Origin: `${OTHER}:444` }), 'foreign'],
  ['a host that begins like a listed one', () => ({ Origin: `${OTHER}.evil.example` }), 'foreign'],
  ['this host without TLS', () => ({ Origin: 'http://notes.example.org', Host: 'notes.example.org' }), 'foreign'],
  ['this host with TLS', () => ({ Origin: 'https://notes.example.org', Host: 'notes.example.org' }), 'ours'],
  ['a sandboxed page', () => ({ 'Sec-Fetch-Site': 'cross-site', Origin: 'null' }), 'foreign'],
  ['two origins', () => ({ Origin: `${own}, https://evil.example` }), 'foreign'],
  ['an invalid origin', () => ({ Origin: '//' }), 'foreign'],
  ['this host with a user before it', () => ({ Origin: own.replace('//', '//x@') }), 'foreign'],
  ['this host in another spelling', () => ({ Origin: own.replace('127.0.0.1', '2130706433') }), 'foreign'],
  ['this host by another protocol', () => ({ Origin: own.replace('http', 'app') }), 'foreign'],
  ['an app at an IPv6 address', () => ({ Origin: 'http://[::1]:3000', Host: '[::1]:3000' }), 'ours'],
  ['an extension or the address bar', () => ({ 'Sec-Fetch-Site': 'none' }), 'foreign'],
  ['who does not say', () => ({}), 'foreign'],
  ['who says two things', () => ({ 'Sec-Fetch-Site': 'same-origin, cross-site' }), 'foreign'],
];
const SAFE = ['get', 'head', 'options'] as const;
const UNSAFE = ['post', 'put', 'patch', 'delete'] as const;
const TYPES = [
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
];

describe.each(FROM)('from %s', (_, says, whose) => {
  test('a request with cookies that changes something goes through only if the page is ours', async () => {
    const { cookie } = await signUpByCookie(app);
    const expected = whose === 'ours' ? [200, undefined] : [403, 'cross_site_request'];
    for (const method of UNSAFE)
      for (const path of ['/notes', '/notes/optional']) {
        const { status, body } = await app.http[method](path).set(says()).set('Cookie', cookie);
        expect([method, path, status, body.code]).toEqual([method, path, ...expected]);
      }
  });

  test('whatever the type of its body', async () => {
    const { cookie } = await signUpByCookie(app);
    for (const type of TYPES.filter((each) => whose === 'foreign' || each === 'application/json')) {
      const body = type === 'application/json' ? '{}' : '';
      const answer = await app.http.post('/notes').set(says()).set('Cookie', cookie).type(type).send(body);
      // Fastify refuses types that it has no parser for before any guard.
      expect(whose === 'ours' ? [200] : [403, 415]).toContain(answer.status);
    }
  });

  test('a request that changes nothing goes through', async () => {
    const { cookie } = await signUpByCookie(app);
    for (const method of SAFE) await app.http[method]('/notes').set(says()).set('Cookie', cookie).expect(200);
  });

  test('a request by bearer token goes through: no browser adds it by itself', async () => {
    const { access } = await signUpByCookie(app);
    await app.as(access).delete('/notes').set(says()).expect(200);
  });

  test('a public route without cookies goes through', async () => {
    await app.http.delete('/notes/public').set(says()).expect(200);
  });

  test('our own routes by cookie work only if the page is ours, and a refusal changes nothing', async () => {
    const { email, cookie } = await signUpByCookie(app);
    const by = { 'X-Auth-Transport': 'cookie', ...says() };
    const status = whose === 'ours' ? 200 : 403;
    const login = await app.http.post('/auth/login').set(by).send({ email, password: PASSWORD }).expect(status);
    const refresh = await app.http.post('/auth/refresh').set(by).set('Cookie', cookie).send({}).expect(status);
    for (const answer of [login, refresh])
      expect(Object.keys(cookiesOf(answer))).toHaveLength(whose === 'ours' ? 2 : 0);
    if (whose === 'ours') return;
    for (const headers of [by, says()]) {
      const out = await app.http.post('/auth/logout').set(headers).set('Cookie', cookie).expect(403);
      expect([out.body.code, out.headers['set-cookie']]).toEqual(['cross_site_request', undefined]);
    }
    for (const path of ['/auth/logout-all', '/auth/password'])
      await app.http.post(path).set(says()).set('Cookie', cookie).send({}).expect(403);
    // Nothing was rotated or ended.
    await app.http.post('/auth/refresh').set(BY_COOKIE).set('Cookie', cookie).send({}).expect(200);
  });

  test('a logout by the refresh cookie alone is checked, too', async () => {
    const { refresh } = await signUpByCookie(app);
    const out = await app.http.post('/auth/logout').set(says()).set('Cookie', `${REFRESH}=${refresh}`);
    expect(out.status).toBe(whose === 'ours' ? 204 : 403);
  });
});

test.each(TYPES.slice(1))('our routes take no %s, from any page', async (type) => {
  const answer = await app.http.post('/auth/login').set(BY_COOKIE).type(type).send('a=b');
  expect([400, 415]).toContain(answer.status);
});

test.each(['websocket', 'WebSocket', 'other, websocket'])(
  'a GET that opens a socket (%s) is no safe one',
  async (upgrade) => {
    const { cookie } = await signUpByCookie(app);
    const open = (says: Says) => app.http.get('/notes').set({ ...says, Cookie: cookie, Upgrade: upgrade });
    const refused = await open({ Origin: 'https://evil.example' }).expect(403);
    expect(refused.body.code).toBe('cross_site_request');
    await open({ Origin: own }).expect(200);
  },
);

test('the method that a middleware puts in place of the sent one decides', async () => {
  const other = await startApp({
    options: { transport: 'cookie' },
    controllers: [NotesController],
    configure: (made) => {
      if (process.env.HTTP === 'fastify') return;
      made.use((request: { method: string; headers: Record<string, string> }, _: unknown, next: () => void) => {
        request.method = request.headers['x-http-method-override'] ?? request.method;
        next();
      });
    },
  });
  const { access } = await signUpByCookie(other);
  const sent = other.http.get('/notes').set('X-HTTP-Method-Override', 'DELETE').set('Cookie', `${ACCESS}=${access}`);
  expect((await sent).status).toBe(process.env.HTTP === 'fastify' ? 200 : 403);
  await other.close();
});
