import { afterEach, describe, expect, test } from '@jest/globals';
import { signUp } from '../../support/app.js';
import { ACCESS, BY_COOKIE, cookieHeader, cookiesOf, REFRESH, SAME_ORIGIN } from '../../support/cookies.js';
import { COOKIE, type LinksApp, open, startLinks } from '../../support/magic-links.js';

const ATTRIBUTES = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' };
const CROSS_SITE = { 'X-Auth-Transport': 'cookie', 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };

let app: LinksApp;
afterEach(() => app.close());

/** Asks as a browser, and reads the mail. */
async function asked(says: Record<string, string> = BY_COOKIE) {
  const email = `browser-${Math.random()}@example.org`;
  await app.userStore.create({ login: email, passwordHash: null, roles: [], profile: {} });
  const coming = app.mailbox.next();
  const answer = await app.http.post('/auth/login/magic-link').set(says).send({ email }).expect(202);
  return { answer, ...open(await coming) };
}

const confirm = (body: object, cookie = '', says: Record<string, string> = BY_COOKIE) =>
  app.http.post('/auth/login/magic-link/confirm').set(says).set('Cookie', cookie).send(body);

describe('a browser that asks for a magic link', () => {
  test('gets a short cookie that no script reads and no other host sets, and nothing else', async () => {
    app = await startLinks({}, { transport: 'both' });
    const { answer, token, code } = await asked();
    const { [COOKIE]: cookie, ...others } = cookiesOf(answer);
    expect(cookie).toEqual({ name: COOKIE, value: expect.stringMatching(/^[\w-]{43}$/), ...ATTRIBUTES, maxAge: 600 });
    expect(others).toEqual({});
    expect(answer.text).toBe('{"expires_in":600}');
    for (const secret of [token, code]) expect(JSON.stringify(answer.headers)).not.toContain(secret);
  });

  test('gets its tokens by cookie, and the short one is removed', async () => {
    app = await startLinks({}, { transport: 'cookie' });
    const { answer, token } = await asked(SAME_ORIGIN);
    const login = await confirm({ token }, cookieHeader(answer), SAME_ORIGIN).expect(200);
    expect(login.body).toEqual({ expires_in: 900 });
    const { [COOKIE]: cleared, [ACCESS]: access, [REFRESH]: refresh } = cookiesOf(login);
    expect(cleared).toEqual({ name: COOKIE, value: '', ...ATTRIBUTES, maxAge: 0 });
    await app.http.get('/auth/me').set('Cookie', `${ACCESS}=${access?.value}`).expect(200);
    expect(refresh).toMatchObject({ ...ATTRIBUTES, maxAge: expect.any(Number) });
  });

  test('keeps the cookie if it is refused', async () => {
    app = await startLinks({}, { transport: 'both' });
    const { answer } = await asked();
    const refused = await confirm({ token: 'A'.repeat(43) }, cookieHeader(answer)).expect(400);
    expect(refused.headers['set-cookie']).toBeUndefined();
  });

  test('shows the cookie: a value in the body is of a client by bearer, and the other way round', async () => {
    app = await startLinks({}, { transport: 'both' });
    const { answer, token } = await asked();
    const value = cookiesOf(answer)[COOKIE]?.value;
    const { body } = await confirm({ token, request_token: value }).expect(400);
    expect(body.code).toBe('magic_link_elsewhere');
    const bearer = await confirm({ token }, cookieHeader(answer), {}).expect(400);
    expect(bearer.body.code).toBe('magic_link_elsewhere');
    await confirm({ token, request_token: value }, '', {}).expect(200);
  });

  test('is not believed with two cookies of that name', async () => {
    app = await startLinks({}, { transport: 'both' });
    const { answer, token } = await asked();
    const { body } = await confirm({ token }, `${COOKIE}=planted; ${cookieHeader(answer)}`).expect(400);
    expect(body.code).toBe('invalid_request');
  });

  test('does not ask or log in for a page of another site', async () => {
    app = await startLinks({}, { transport: 'both' });
    const { answer, token } = await asked();
    const { email } = await signUp(app, 'victim@example.org');
    const asking = await app.http.post('/auth/login/magic-link').set(CROSS_SITE).send({ email }).expect(403);
    expect(asking.body.code).toBe('cross_site_request');
    await confirm({ token }, cookieHeader(answer), CROSS_SITE).expect(403);
    await app.http.post('/auth/login/magic-link').type('form').send({ email }).expect(400);
    await confirm({ token }, cookieHeader(answer)).expect(200);
  });

  test.each([
    [{ secure: false }, 'nest-auth-magic-link', { sameSite: 'lax' }],
    [{ sameSite: 'strict' }, COOKIE, { sameSite: 'lax', secure: true }],
    [{ sameSite: 'none', origins: ['https://app.example.com'] }, COOKIE, { sameSite: 'none', secure: true }],
  ] as const)('gets it as the app says: %j', async (cookies, name, attributes) => {
    app = await startLinks({}, { transport: 'both', cookies });
    const { answer, token } = await asked();
    const common = { value: expect.any(String), path: '/', httpOnly: true, maxAge: 600 };
    expect(cookiesOf(answer)).toEqual({ [name]: { name, ...common, ...attributes } });
    await confirm({ token }, cookieHeader(answer)).expect(200);
  });
});
