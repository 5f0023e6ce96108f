import { Authenticated, memoryStores, Permissions, Public, Roles } from '@acme/nest-auth';
import { type InspectorOptions, inspector } from '@acme/nest-auth/inspector';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, SetMetadata } from '@nestjs/common';
import { logIn, signUp, startApp, type TestApp, type TestAppOptions } from '../../support/app.js';
import { ask, OpenInspector } from '../../support/inspector.js';

@Controller('notes')
class NotesController {
  @Get()
  list() {
    return [];
  }
}

const PATHS = ['', '/page.js', '/page.css', '/icon.svg', '/policies', '/state', '/sessions', '/events'].map(
  (path) => `/auth/inspector${path}`,
);

let app: TestApp | undefined;
let page: OpenInspector | undefined;
const { NODE_ENV } = process.env;
afterEach(async () => {
  process.env.NODE_ENV = NODE_ENV;
  page?.close();
  page = undefined;
  await app?.close();
  app = undefined;
});

async function start(given?: InspectorOptions, options: TestAppOptions = {}): Promise<TestApp> {
  app = await startApp({
    controllers: [NotesController],
    features: [inspector(given)],
    ...options,
    options: { transport: 'bearer', ...options.options },
  });
  return app;
}

const bearerOf = (token: string) => ({ Authorization: `Bearer ${token}` });

async function withRole(role: string): Promise<string> {
  const one = app as TestApp;
  const { email } = await signUp(one);
  const user = await one.userStore.findByLogin(email);
  one.userStore.update(user?.id ?? '', { roles: [role] });
  return (await logIn(one, email)).access;
}

describe('without a policy, in development', () => {
  test('this machine may see it, and no cache, frame or script of others gets at it', async () => {
    const { url } = await start();
    for (const path of PATHS.slice(0, -1)) {
      const { status, headers } = await ask(`${url}${path}`);
      expect([path, status, headers['cache-control']]).toEqual([path, 200, expect.stringContaining('no-store')]);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
      const policy = String(headers['content-security-policy']);
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';.*frame-ancestors 'none'/);
      expect(policy).not.toContain('unsafe');
    }
    page = await OpenInspector.open(url);
    expect(page.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-content-type-options': 'nosniff',
    });
  });

  test.each<Record<string, string>>([
    { Host: 'evil.example' },
    { Host: 'evil.example:3000' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' },
    { Origin: 'https://evil.example' },
    { 'X-Forwarded-For': '127.0.0.1' },
    { Forwarded: 'for=127.0.0.1' },
  ])('a request with %j gets what a missing route answers', async (headers) => {
    const { url } = await start(undefined, { trustProxy: true });
    const missing = await ask(`${url}/auth/nothing`);
    for (const path of PATHS) {
      const { status, text } = await ask(`${url}${path}`, headers);
      expect([path, status]).toEqual([path, 404]);
      expect(JSON.parse(text)).toEqual({
        ...JSON.parse(missing.text),
        message: `Cannot GET ${path}`,
      });
    }
  });

  test('it answers below the prefix of the routes, and finds its files with and without a slash at the end', async () => {
    const { url } = await start(undefined, { routes: { prefix: 'api/auth' } });
    const { text } = await ask(`${url}/api/auth/inspector`);
    expect(text).toContain('src="inspector/page.js"');
    expect(text).not.toContain('{{');
    expect((await ask(`${url}/api/auth/inspector/page.js`)).status).toBe(200);
    const slashed = await ask(`${url}/api/auth/inspector/?a=b`);
    if (slashed.status === 200) expect(slashed.text).toContain('src="./page.js"');
  });
});

describe('in production', () => {
  test('it keeps the app from starting unless the app says who may see it', async () => {
    process.env.NODE_ENV = 'production';
    const options = memoryStores({ allowInProduction: true });
    await expect(start(undefined, { options })).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringContaining("inspector({ access: Roles('admin') })"),
    });
    await start({ access: Roles('admin') }, { options });
  });
});

describe.each([
  ['with the global guard', true],
  ['without the global guard', false],
])('behind a policy, %s', (_, globalGuard) => {
  test('the guard decides who may see it, in development too', async () => {
    const { url } = await start({ access: Roles('admin') }, { globalGuard });
    const [user, admin] = [await withRole('user'), await withRole('admin')];
    for (const path of PATHS) {
      const statuses = [await ask(`${url}${path}`), await ask(`${url}${path}`, bearerOf(user))].map(
        (one) => one.status,
      );
      expect([path, ...statuses]).toEqual([path, 401, 403]);
      if (!path.endsWith('events')) expect((await ask(`${url}${path}`, bearerOf(admin))).status).toBe(200);
    }
    page = await OpenInspector.open(url, bearerOf(admin));
    expect(page.response.statusCode).toBe(200);
  });
});

describe('behind a policy', () => {
  test('it may be seen from elsewhere, and through a proxy', async () => {
    const { url } = await start({ access: Roles('admin') });
    const admin = bearerOf(await withRole('admin'));
    const proxied = { ...admin, Host: 'ops.example.org', 'X-Forwarded-For': '203.0.113.7' };
    expect((await ask(`${url}/auth/inspector`, proxied)).status).toBe(200);
  });

  test('a script of another origin gets nothing, also with the credentials of an admin', async () => {
    const { url } = await start({ access: Roles('admin') });
    const admin = bearerOf(await withRole('admin'));
    const foreign = { ...admin, 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors' };
    for (const path of PATHS) expect((await ask(`${url}${path}`, foreign)).status).toBe(404);
  });

  test('an open page ends with the session of its reader', async () => {
    const { url, http } = await start({ access: Roles('admin') });
    const admin = bearerOf(await withRole('admin'));
    page = await OpenInspector.open(url, admin);
    await ask(`${url}/notes`);
    await page.sees('GET /notes', 'missing_token');
    await http.post('/auth/logout').set(admin).expect(204);
    expect(await page.ends()).toBe(true);
  });

  test.each<[string, unknown, RegExp]>([
    ['Public()', Public(), /lets everybody in/],
    ['a decorator of something else', SetMetadata('roles', ['admin']), /not a decorator of the library/],
    ['no decorator', 'admin', /is string; write access: Roles\('admin'\)/],
    ['null', null, /is null; write access/],
  ])('%s is refused while the app is being loaded', (_, access, problem) => {
    expect(() => inspector({ access: access as ClassDecorator })).toThrow(problem);
  });

  test('a misspelt option is refused: it would leave the page open', () => {
    expect(() => inspector({ acess: Roles('admin') } as InspectorOptions)).toThrow(/no option acess; write access/);
  });

  test('any other decorator of the library will do, and two apps have each their own', () => {
    const made = [Authenticated(), Permissions('ops'), Roles('admin')].map((access) => inspector({ access }));
    expect(new Set(made.map(({ controllers }) => controllers?.[0])).size).toBe(3);
  });
});
