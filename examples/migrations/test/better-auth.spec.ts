import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Response } from 'supertest';
import { removeDatabase, type Started, start } from './apps.js';

process.env.BETTER_AUTH_SECRET = 'the-secret-of-better-auth-before-the-switch';
// After the environment is set, because the modules read it.
const { AppBefore } = await import('../src/better-auth/before/app.module.js');
const { AppAfter } = await import('../src/better-auth/after/app.module.js');
const { tables } = await import('../src/better-auth/tables.js');

const ADA = { email: 'ada@example.org', password: 'a long and quiet river', name: 'Ada' };
const PAGE = { 'Sec-Fetch-Site': 'same-origin' };

let after: Started;
let id: string;
let old: string;
let ended: string;

/** What a browser sends back. */
function cookiesOf({ headers }: Response): string {
  return [headers['set-cookie'] ?? []]
    .flat()
    .map((line: string) => line.split(';')[0])
    .join('; ');
}

const asPage = (cookie: string) => ({ Cookie: cookie, ...PAGE });

beforeAll(async () => {
  const before = await start(AppBefore, { bodyParser: false });
  const signUp = await before.post('/api/auth/sign-up/email', ADA).expect(200);
  id = signUp.body.user.id;
  ended = cookiesOf(signUp);
  const { email, password } = ADA;
  old = cookiesOf(await before.post('/api/auth/sign-in/email', { email, password }).expect(200));
  await before
    .get('/notes')
    .set('Cookie', old)
    .expect(200, [`a note of ${id}`]);
  const sessions = tables.session as { expiresAt: Date }[];
  (sessions[0] as { expiresAt: Date }).expiresAt = new Date(Date.now() - 1000);
  const row = { ...(tables.user[0] as (typeof tables.user)[number]), id: 'by-google', email: 'eve@example.org' };
  tables.user.push(row);
  tables.account.push({ id: '9', userId: row.id, accountId: 'google-id', providerId: 'google' });
  await before.close();
  after = await start(AppAfter);
});

afterAll(async () => {
  await after?.close();
  removeDatabase();
});

const change = (cookie: string) => after.post('/auth/switch').set(asPage(cookie));

describe('a browser that was logged in by better-auth', () => {
  test('still is: its cookie is exchanged for cookies of one session, in however many tabs', async () => {
    const answers = await Promise.all([change(old), change(old), change(old)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const refreshCookies = answers.map((answer) => /[\w-]*refresh=[^;]+/.exec(cookiesOf(answer))?.[0]);
    expect(new Set(refreshCookies)).toEqual(new Set([expect.stringMatching(/refresh=nar_/)]));
    const fresh = cookiesOf(answers[0] as Response);
    await after
      .get('/notes')
      .set(asPage(fresh))
      .expect(200, [`a note of ${id}`]);
    const next = cookiesOf(await after.post('/auth/refresh').set(asPage(fresh)).expect(200));
    await after.get('/notes').set(asPage(next)).expect(200);
  });

  test.each([
    ['whose session has ended', () => ended],
    ['with a forged cookie', () => old.replace(/\.[^.;]{8}/, '.AAAAAAAA')],
    ['without one', () => 'other=1'],
  ])('logs in again: %s', async (_what, cookie) => {
    const { body } = await change(cookie()).expect(401);
    expect(body.code).toBe('invalid_refresh_token');
  });

  test('cannot be switched by a page of another site', async () => {
    await after.post('/auth/switch').set({ Cookie: old, 'Sec-Fetch-Site': 'cross-site' }).expect(403);
  });
});

describe('the users of better-auth', () => {
  const logIn = (email: string, password: string) => after.post('/auth/login', { email, password }).set(PAGE);

  test('keep their passwords, which become bcrypt at the first login', async () => {
    const before = tables.account[0]?.password;
    await logIn(ADA.email, 'a wrong passphrase').expect(401);
    await logIn(' Ada@Example.org', ADA.password).expect(200);
    expect([before, tables.account[0]?.password]).toEqual([
      expect.stringMatching(/^[\da-f]{32}:/),
      expect.stringMatching(/^\$2b\$10\$/),
    ]);
    await logIn(ADA.email, ADA.password).expect(200);
  });

  test('who came by Google have no password, and nobody logs in as one of them', async () => {
    await logIn('eve@example.org', ADA.password).expect(401);
  });
});
