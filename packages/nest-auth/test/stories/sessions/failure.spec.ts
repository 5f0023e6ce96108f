import { type AuthOptions, CurrentUser, OptionalAuth, type Principal } from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { bearer, logIn, PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { cookiesOf } from '../../support/cookies.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { spyOn } from '../../support/spies.js';

const OUTAGES: Record<string, () => Promise<never>> = {
  rejects: () => Promise.reject(new Error('ECONNREFUSED 127.0.0.1:5432')),
  hangs: () => new Promise(() => {}),
};

@Controller()
class NotesController {
  @OptionalAuth()
  @Get('greeting')
  greet(@CurrentUser() caller: Principal | null) {
    return { caller: caller?.id ?? null };
  }

  @Get('notes')
  list() {
    return [];
  }
}

interface Broken extends TestApp {
  /** The methods that are down, such as `UserStore.findById`, and how each fails. */
  readonly down: Map<string, () => Promise<never>>;
  /** The methods that were called. */
  readonly used: Set<string>;
  readonly hasher: FakeHasher;
}

const started: Broken[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((app) => app.close()));
});

async function start(options: Partial<AuthOptions> = {}): Promise<Broken> {
  const down = new Map<string, () => Promise<never>>();
  const hasher = new FakeHasher(2);
  const app = await startApp({
    controllers: [NotesController],
    options: { password: { hasher }, storeTimeout: 1, ...options },
  });
  const used = new Set<string>();
  const watch = (store: string) => (method: string) => {
    used.add(`${store}.${method}`);
    return down.get(`${store}.${method}`)?.();
  };
  spyOn(app.userStore, watch('UserStore'));
  spyOn(app.sessionStore, watch('SessionStore'));
  const broken = { ...app, down, used, hasher };
  started.push(broken);
  return broken;
}

type User = Awaited<ReturnType<typeof signUp>>;
type Route = (
  app: TestApp,
  user: User,
) => PromiseLike<{ status: number; text: string; headers: Record<string, string>; body: { code?: string } }>;

const ROUTES: Record<string, Route> = {
  register: ({ http }) => http.post('/auth/register').send({ email: 'new@example.org', password: PASSWORD }),
  login: ({ http }, { email }) => http.post('/auth/login').send({ email, password: PASSWORD }),
  refresh: ({ http }, { refresh }) => http.post('/auth/refresh').send({ refresh_token: refresh }),
  me: ({ http }, { access }) => http.get('/auth/me').set(...bearer(access)),
  password: ({ http }, { access }) =>
    http
      .post('/auth/password')
      .set(...bearer(access))
      .send({ current_password: PASSWORD, new_password: 'an even finer passphrase' }),
  confirm: ({ http }, { access }) =>
    http
      .post('/auth/confirm')
      .set(...bearer(access))
      .send({ password: PASSWORD }),
  sessions: ({ http }, { access }) => http.get('/auth/sessions').set(...bearer(access)),
  'end a session': ({ http }, { access }) => http.delete(`/auth/sessions/${sessionOf(access)}`).set(...bearer(access)),
  logout: ({ http }, { access }) => http.post('/auth/logout').set(...bearer(access)),
  'logout-all': ({ http }, { access }) => http.post('/auth/logout-all').set(...bearer(access)),
};

function sessionOf(access: string): string {
  return JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString()).sid;
}

/** Every store method that each route needs. */
const NEEDS: [string, string][] = [
  ['register', 'UserStore.create'],
  ['register', 'UserStore.findById'],
  ['register', 'SessionStore.create'],
  ['register', 'SessionStore.listActive'],
  ['login', 'UserStore.findByLogin'],
  ['login', 'UserStore.setPasswordHash'],
  ['login', 'UserStore.findById'],
  ['login', 'SessionStore.create'],
  ['login', 'SessionStore.listActive'],
  ['refresh', 'SessionStore.advance'],
  ['refresh', 'UserStore.findById'],
  ['me', 'UserStore.findById'],
  ['password', 'UserStore.findById'],
  ['password', 'SessionStore.revokeAll'],
  ['password', 'UserStore.setPasswordHash'],
  ['confirm', 'UserStore.findById'],
  ['confirm', 'SessionStore.find'],
  ['confirm', 'SessionStore.reauthenticate'],
  ['sessions', 'SessionStore.listActive'],
  ['end a session', 'SessionStore.find'],
  ['end a session', 'SessionStore.revoke'],
  ['logout', 'SessionStore.revoke'],
  ['logout-all', 'SessionStore.revokeAll'],
];

test('the table of what each route needs is complete', async () => {
  const used = await Promise.all(
    Object.entries(ROUTES).map(async ([route, call]) => {
      const app = await start();
      const user = await signUp(app);
      const { id = '', passwordHash = null } = (await app.userStore.findByLogin(user.email)) ?? {};
      await app.userStore.setPasswordHash(id, new FakeHasher(1).encode(PASSWORD, 's'), passwordHash);
      app.used.clear();
      await call(app, user);
      return [...app.used].map((method) => `${route} ${method}`);
    }),
  );
  // The memory store's `revokeAll` calls its own `revoke`, and `revokedSince` is called independently of the requests.
  const needed = used
    .flat()
    .filter((row) => row !== 'logout-all SessionStore.revoke' && !row.endsWith('.revokedSince'));
  expect(needed.sort()).toEqual(NEEDS.map((row) => row.join(' ')).sort());
});

/** The cookies of an answer that are not removed by it. */
const givenBy = (headers: Record<string, unknown>) =>
  Object.values(cookiesOf({ headers })).filter(({ value }) => value);

describe.each(Object.keys(OUTAGES))('a store that %s', (outage) => {
  test('is 503 with Retry-After on every route and for every method, never a 401 and never a token', async () => {
    const answers = await Promise.all(
      NEEDS.map(async ([route, method]) => {
        const app = await start();
        const user = await signUp(app);
        // A hash of an older cost, so that a login must write.
        const { id = '', passwordHash = null } = (await app.userStore.findByLogin(user.email)) ?? {};
        await app.userStore.setPasswordHash(id, new FakeHasher(1).encode(PASSWORD, 's'), passwordHash);
        app.down.set(method, OUTAGES[outage] as () => Promise<never>);
        const { status, text, headers, body } = await (ROUTES[route] as Route)(app, user);
        expect(text).not.toMatch(/access_token|ECONNREFUSED|Store|findBy/);
        app.down.clear();
        const recovered = await (ROUTES[route] as Route)(app, user);
        return [route, method, status, body.code, headers['retry-after'], givenBy(headers), recovered.status < 300];
      }),
    );
    // What was written before the outage is not written twice; everything else recovers without a restart.
    const recovers = (route: string, method: string) => !(route === 'register' && method !== 'UserStore.create');
    expect(answers).toEqual(
      NEEDS.map(([route, method]) => [route, method, 503, 'store_unavailable', '1', [], recovers(route, method)]),
    );
  });

  test('makes no caller anonymous on an optional route, and is not 401 on a private one, if revocation is strict', async () => {
    const app = await start({ revocation: 'strict' });
    const { access } = await signUp(app);
    await app.as(access).get('/greeting').expect(200);
    app.down.set('SessionStore.find', OUTAGES[outage] as () => Promise<never>);
    for (const route of ['/greeting', '/notes']) {
      const { body, headers } = await app.as(access).get(route).expect(503);
      expect([body.code, headers['retry-after'], headers['www-authenticate']]).toEqual([
        'store_unavailable',
        '1',
        undefined,
      ]);
    }
    expect((await app.http.get('/greeting').expect(200)).body).toEqual({ caller: null });
    app.down.clear();
    await app.as(access).get('/notes').expect(200);
  });

  test.each(['consume', 'get', 'reward'] as const)(
    'for counters, in `%s`, lets nobody in, and hashes nothing uncounted',
    async (method) => {
      let isDown = false;
      const app = await start({
        throttle: {
          limiter: (options) => {
            const limiter = new RateLimiterMemory(options);
            const original = limiter[method].bind(limiter) as (...args: unknown[]) => unknown;
            return Object.assign(limiter, {
              [method]: (...args: unknown[]) => (isDown ? OUTAGES[outage]?.() : original(...args)),
            });
          },
        },
      });
      const user = await signUp(app);
      isDown = true;
      const before = app.hasher.calls;
      const { status, body, headers } = await (ROUTES.login as Route)(app, user);
      expect([status, body.code, headers['retry-after']]).toEqual([503, 'store_unavailable', '1']);
      expect(app.hasher.calls - before).toBe(method === 'reward' ? 1 : 0);
      isDown = false;
      await logIn(app, user.email);
    },
  );
});

test('a refresh whose answer was lost in an outage can be repeated, and gets the successor', async () => {
  const app = await start();
  const user = await signUp(app);
  app.down.set('UserStore.findById', OUTAGES.rejects as () => Promise<never>);
  await app.http.post('/auth/refresh').send({ refresh_token: user.refresh }).expect(503);
  app.down.clear();
  const { body } = await app.http.post('/auth/refresh').send({ refresh_token: user.refresh }).expect(200);
  await app.http.post('/auth/refresh').send({ refresh_token: body.refresh_token }).expect(200);
});

test('2,000 requests with broken tokens leave a process that answers, and nothing unhandled', async () => {
  const app = await start();
  const { access } = await signUp(app);
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    const broken = [
      '',
      'x',
      '...',
      `${access}x`,
      access.slice(0, -9),
      'ey.ey.ey',
      'x'.repeat(9000),
      '%00',
      '__proto__',
      '{}',
    ];
    for (let round = 0; round < 40; round++) {
      const statuses = await Promise.all(
        Array.from({ length: 50 }, async (_, i) => {
          const response = await app.as(broken[(round + i) % 10] ?? '').get(i % 2 ? '/notes' : '/greeting');
          return response.status;
        }),
      );
      expect([...new Set(statuses)]).toEqual([401]);
    }
    await app.as(access).get('/notes').expect(200);
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});
