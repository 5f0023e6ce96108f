import {
  Authorize,
  AuthStatus,
  CurrentUser,
  listPolicies,
  type PolicyList,
  Public,
  policyLock,
  Roles,
  TokenService,
} from '@acme/nest-auth';
import { inspector } from '@acme/nest-auth/inspector';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { logIn, PASSWORD, SECRETS, signUp, startApp, type TestApp } from '../../support/app.js';
import { ask, OpenInspector } from '../../support/inspector.js';

const SECRET = 'secret-of-a-link';
const HOSTILE = '<img src=x onerror=alert(1)>';

@Controller('notes')
class NotesController {
  @Get()
  list(@CurrentUser('id') id: string) {
    return { id };
  }
  @Roles('admin')
  @Get('all')
  all() {
    return [];
  }
  @Public()
  @Post('reset/:token')
  reset() {
    return {};
  }
  @Authorize(() => {
    throw new Error(SECRET);
  })
  @Get('broken/:token')
  broken() {
    return {};
  }
}

let app: TestApp;
let page: OpenInspector | undefined;
beforeEach(async () => {
  app = await startApp({ controllers: [NotesController], features: [inspector()], options: { transport: 'bearer' } });
});
afterEach(async () => {
  page?.close();
  page = undefined;
  await app.close();
});

const json = async (path: string) => JSON.parse((await ask(`${app.url}/auth/inspector/${path}`)).text);
const call = (path: string, token?: string, method = 'GET') =>
  fetch(`${app.url}${path}?token=${SECRET}`, {
    method,
    headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), 'X-Secret': SECRET, Cookie: `a=${SECRET}` },
    ...(method === 'POST' ? { body: JSON.stringify({ password: SECRET }) } : {}),
  });

describe('an open inspector', () => {
  test('shows each call with its decision, code, reason and caller', async () => {
    const { email, access } = await signUp(app);
    const user = await app.userStore.findByLogin(email);
    page = await OpenInspector.open(app.url);
    await call('/notes');
    await call('/notes', access);
    await call('/notes/all', access);
    await call('/notes/reset/x', undefined, 'POST');
    expect(await page.sees('GET /notes', 'missing_token')).toMatchObject({
      handler: 'NotesController.list',
      why: 'No access token came, and GET /notes needs a login.',
      caller: null,
    });
    expect(await page.sees('GET /notes')).toMatchObject({
      caller: { id: user?.id, roles: [], permissions: [] },
      microseconds: expect.any(Number),
      transport: 'http',
    });
    expect(await page.sees('GET /notes/all', 'insufficient_scope')).toMatchObject({
      why: 'GET /notes/all needs the role admin, and the caller has no role.',
      caller: { id: user?.id },
    });
    expect(await page.sees('POST /notes/reset/:token')).toMatchObject({ caller: null });
  });

  test('shows no token, address, header, query, body, path or message of the app', async () => {
    const { email, access, refresh } = await signUp(app);
    page = await OpenInspector.open(app.url);
    await call(`/notes/${SECRET}`, access);
    await call('/notes', `${access}x`);
    await call(`/notes/reset/${SECRET}`, access, 'POST');
    await call(`/notes/broken/${SECRET}`, access);
    await logIn(app, email);
    await call('/notes/all', access);
    expect(await page.sees('GET /notes/broken/:token', 'Error')).toMatchObject({
      why: 'A check of the app before NotesController.broken failed with Error.',
    });
    await page.sees('POST /auth/login');
    await page.sees('GET /notes/all', 'insufficient_scope');
    const others = await Promise.all(['state', 'policies'].map((path) => ask(`${app.url}/auth/inspector/${path}`)));
    const shown = [page.text, ...others.map(({ text }) => text)].join('\n');
    for (const secret of [SECRET, email, access, refresh, PASSWORD, SECRETS.access, SECRETS.refresh])
      expect(shown).not.toContain(secret);
  });

  test('shows the live sessions of a caller whose calls are shown, without names and addresses of devices', async () => {
    const { email, access } = await signUp(app);
    const user = await app.userStore.findByLogin(email);
    const sessions = () => json(`sessions?user=${user?.id}`);
    page = await OpenInspector.open(app.url);
    expect(await sessions()).toEqual([]);
    await call('/notes', access);
    await page.sees('GET /notes');
    await logIn(app, email);
    const session = { methods: ['pwd'], createdAt: expect.any(Number), authenticatedAt: expect.any(Number) };
    expect(await sessions()).toEqual(Array(2).fill({ ...session, lastUsedAt: expect.any(Number) }));
    await app.as(access).post('/auth/logout-all').expect(204);
    expect(await sessions()).toEqual([]);
    for (const query of ['', '?user=', '?user[]=a&user[]=b', '?user=nobody'])
      expect(await json(`sessions${query}`)).toEqual([]);
  });

  test('says 503 for sessions while their store is down', async () => {
    const { email, access } = await signUp(app);
    const user = await app.userStore.findByLogin(email);
    page = await OpenInspector.open(app.url);
    await call('/notes', access);
    await page.sees('GET /notes');
    app.sessionStore.listActive = () => Promise.reject(new Error(SECRET));
    const { status, text } = await ask(`${app.url}/auth/inspector/sessions?user=${user?.id}`);
    expect([status, JSON.parse(text).code]).toEqual([503, 'store_unavailable']);
    expect(text).not.toContain(SECRET);
  });

  test('hands hostile names over as data, within one line of JSON', async () => {
    const { email } = await signUp(app);
    const user = await app.userStore.findByLogin(email);
    app.userStore.update(user?.id ?? '', { roles: [HOSTILE, '\n\nevent: decisions\ndata: {}\n\n'] });
    const { access } = await logIn(app, email);
    page = await OpenInspector.open(app.url);
    await call('/notes', access);
    const { caller } = await page.sees('GET /notes');
    expect(caller?.roles).toEqual([HOSTILE, '\n\nevent: decisions\ndata: {}\n\n']);
    expect(page.decisions).toHaveLength(1);
  });

  test('does not show what its own page asks for', async () => {
    page = await OpenInspector.open(app.url);
    await json('state');
    await json('policies');
    await call('/notes');
    await page.sees('GET /notes', 'missing_token');
    expect(page.decisions.map((one) => one.call)).toEqual(['GET /notes']);
  });

  test('shows a page that is opened later what the first one saw, and nothing once both were closed', async () => {
    page = await OpenInspector.open(app.url);
    await call('/notes');
    await page.sees('GET /notes', 'missing_token');
    const second = await OpenInspector.open(app.url);
    await second.sees('GET /notes', 'missing_token');
    expect((await json('state')).pages).toBe(2);
    second.close();
    page.close();
    while ((await json('state')).pages > 0);
    page = await OpenInspector.open(app.url);
    await call('/notes/all');
    await page.sees('GET /notes/all', 'missing_token');
    expect(page.decisions).toHaveLength(1);
  });

  test('does not keep the app from stopping', async () => {
    page = await OpenInspector.open(app.url);
    await app.close();
    expect(await page.ends()).toBe(true);
  });

  test('is no page that stays open by HEAD', async () => {
    const { status } = await fetch(`${app.url}/auth/inspector/events`, { method: 'HEAD' });
    expect([200, 404]).toContain(status);
    expect((await json('state')).pages).toBe(0);
  });
});

test('the policies are those of listPolicies, with their findings', async () => {
  const { entries, findings } = listPolicies(app.app);
  const shown = await json('policies');
  expect(shown.policies.map(({ name }: { name: string }) => name)).toEqual(entries.map(({ name }) => name));
  expect(shown.policies).toContainEqual({
    kind: 'http',
    name: 'GET /notes/all',
    handler: 'NotesController.all',
    access: 'authenticated',
    needs: ['the role admin'],
    source: 'method NotesController',
    guards: ['JwtAuthGuard'],
    isOwn: false,
    findings: [],
  });
  expect(findings.map(({ code }) => code)).toEqual(['public_write']);
  expect(shown.findings).toEqual(findings);
});

test('its own routes are listed with who may see them, and not as public', async () => {
  const own = 'GET /auth/inspector';
  const textOf = (list: PolicyList) => JSON.parse(policyLock(list))[own];
  const list = listPolicies(app.app);
  expect(textOf(list)).toBe('this machine only, in development');
  expect(list.entries.find(({ name }) => name === own)?.isOpen).toBe(false);
  const { policies } = await json('policies');
  expect(policies.find(({ name }: { name: string }) => name === own)).toMatchObject({
    access: 'restricted',
    needs: ['this machine only, in development'],
  });

  const closed = await startApp({ features: [inspector({ access: Roles('admin') })] });
  expect(textOf(listPolicies(closed.app))).toBe('authenticated; role admin');
  await closed.close();
});

test('the state tells what the library is doing, and no key', async () => {
  app.app.get(TokenService).useKeys([{ secret: SECRETS.refresh, kid: 'new' }, SECRETS.access]);
  await app.http.post('/auth/login').send({ email: 'nobody@example.org', password: PASSWORD }).expect(401);
  const state = await json('state');
  expect(state).toMatchObject({
    transport: 'bearer',
    features: ['inspector'],
    hashes: { running: 0, waiting: 0, concurrency: expect.any(Number), capacity: expect.any(Number) },
    revocation: { mode: 'immediate', age: expect.any(Number) },
    connections: 0,
    pages: 0,
    throttled: [],
    events: [{ name: 'login_failed', count: 1 }],
  });
  expect(state.keys).toEqual([
    { kid: 'new', alg: 'HS256', signs: true, since: expect.any(Number) },
    { kid: expect.any(String), alg: 'HS256', signs: false, since: expect.any(Number) },
  ]);
  expect(state.budgets).toContainEqual({ name: 'account', points: 1000, duration: 900 });
});

test('AuthStatus knows since when a key is known, and forgets removed ones', async () => {
  const status = app.app.get(AuthStatus);
  const [first] = status.read().keys;
  app.clock.advance(60);
  const tokens = app.app.get(TokenService);
  tokens.useKeys([SECRETS.access, { secret: SECRETS.refresh, kid: 'next' }]);
  const [kept, added] = status.read().keys;
  expect(kept).toEqual(first);
  expect((added?.since.getTime() ?? 0) - (first?.since.getTime() ?? 0)).toBe(60_000);
  tokens.useKeys([{ secret: SECRETS.refresh, kid: 'next' }]);
  expect(status.read().keys).toEqual([{ ...added, signs: true }]);
});

test('spent budgets are counted by what was attempted', async () => {
  await app.close();
  const options = { throttle: { account: { points: 1, duration: '15m' as const } } };
  app = await startApp({ features: [inspector()], options });
  for (let n = 0; n < 3; n++)
    await app.http.post('/auth/login').send({ email: 'nobody@example.org', password: PASSWORD });
  expect((await json('state')).throttled).toEqual([{ name: 'login', count: 2 }]);
});
