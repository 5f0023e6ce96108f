import { inspect } from 'node:util';
import {
  type AuthEvent,
  AuthEvents,
  AuthModule,
  type AuthOptions,
  AuthService,
  EphemeralStore,
  JwtAuthGuard,
  JwtStrategy,
  LocalAuthGuard,
  LocalStrategy,
  OneTimeTokens,
  PasswordHasher,
  RefreshAuthGuard,
  RefreshStrategy,
  Roles,
  RolesGuard,
  SessionService,
  SessionStore,
  TokenService,
  UserStore,
} from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, Logger } from '@nestjs/common';
import { deriveKey } from '../src/core/tokens/secret.js';
import { bearer, logIn, PASSWORD, SECRETS, signUp, startApp, type TestApp } from './app.js';
import { FakeHasher } from './fake-hasher.js';

const CHOSEN = 'an even finer passphrase';

@Controller()
class AdminController {
  @Roles('admin')
  @Get('admin')
  list() {
    return [];
  }
}

let app: TestApp;
let events: AuthEvent[];
let logged: string[];

/** Every line of Nest's loggers, at every level, and whatever else is written to the terminal. */
function capture(): () => void {
  logged = [];
  const write = (...parts: unknown[]) =>
    void logged.push(parts.map((part) => (typeof part === 'string' ? part : inspect(part, { depth: 10 }))).join(' '));
  const streams = [process.stdout, process.stderr];
  const originals = streams.map((stream) => stream.write);
  for (const stream of streams) {
    stream.write = ((chunk: unknown) => {
      write(chunk);
      return true;
    }) as never;
  }
  Logger.overrideLogger({ log: write, error: write, warn: write, debug: write, verbose: write, fatal: write });
  return () => {
    for (const [i, stream] of streams.entries()) stream.write = originals[i] as never;
  };
}

async function start(options: Partial<AuthOptions> = {}) {
  app = await startApp({
    controllers: [AdminController],
    options: { password: { hasher: new FakeHasher(2) }, ...options },
  });
  events = [];
  app.app.get(AuthEvents).subscribe((event) => events.push(event));
}
afterEach(() => app.close());

const post = (route: string, body: object, token?: string) => {
  const request = app.http.post(`/auth/${route}`).send(body);
  return token ? request.set(...bearer(token)) : request;
};
const change = (token: string, current: string, chosen: string) =>
  post('password', { current_password: current, new_password: chosen }, token);

test('no secret, password, token or hash is in a log line, an event or on the terminal, whatever happens', async () => {
  await start();
  const release = capture();
  const secrets = [SECRETS.access, SECRETS.refresh, PASSWORD, CHOSEN, 'the wrong passphrase'];
  try {
    const user = await signUp(app, 'ann@example.org');
    const laptop = await logIn(app, user.email);
    secrets.push(user.access, user.refresh, laptop.access, laptop.refresh);
    await post('login', { email: user.email, password: 'the wrong passphrase' }).expect(401);
    const { body } = await post('refresh', { refresh_token: user.refresh }).expect(200);
    secrets.push(
      body.access_token,
      body.refresh_token,
      String((await app.userStore.findByLogin(user.email))?.passwordHash),
    );
    app.clock.advance(61);
    await post('refresh', { refresh_token: user.refresh }).expect(401);
    await app.http
      .get('/auth/me')
      .set(...bearer(`${user.access}x`))
      .expect(401);
    await change(laptop.access, 'the wrong passphrase', CHOSEN).expect(403);
    await change(laptop.access, PASSWORD, CHOSEN).expect(204);
    secrets.push(String((await app.userStore.findByLogin(user.email))?.passwordHash));
    await app.http
      .post('/auth/login')
      .set('Content-Type', 'application/json')
      .send(`{"email":"ann","password":"${PASSWORD}",}`)
      .expect(400);
    // A driver that quotes what it was given, a listener that throws it, and an outage at every step.
    app.app.get(AuthEvents).subscribe((event) => {
      throw new Error(JSON.stringify([event, PASSWORD, SECRETS.access]));
    });
    app.userStore.create = (given) => Promise.reject(new Error(`duplicate key: ${inspect(given)} ${PASSWORD}`));
    await post('register', { email: 'bob@example.org', password: PASSWORD }).expect(503);
    app.userStore.findByLogin = (login) => Promise.reject(new Error(`${login} ${CHOSEN} ${SECRETS.refresh}`));
    await post('login', { email: user.email, password: CHOSEN }).expect(503);
    app.sessionStore.advance = (...args) =>
      Promise.reject(Object.assign(new Error(inspect(args)), { token: laptop.refresh }));
    await post('refresh', { refresh_token: laptop.refresh }).expect(503);
  } finally {
    release();
  }
  // It did log: the test would see a leak.
  expect(logged.join('\n')).toContain('UserStore.create failed with Error');
  expect(logged.join('\n')).toMatch(/failed: Error/);
  expect(events.length).toBeGreaterThan(8);
  const traces = secrets
    .flatMap((secret) => (secret.includes('.') ? secret.split('.') : [secret]))
    .filter((trace) => trace.length > 8);
  const written = `${logged.join('\n')}\n${inspect(events, { depth: 10 })}\n${JSON.stringify(events)}`;
  // Headers of tokens say nothing; everything else must be unseen.
  expect(traces.filter((trace) => written.includes(trace))).toEqual([]);
});

test('inspecting or serialising a service shows no key, however deep', async () => {
  await start();
  await signUp(app);
  const derived = (['refresh', 'one-time', 'attempt-limit'] as const).map((purpose) =>
    deriveKey(SECRETS.refresh, purpose),
  );
  const spellings = derived.flatMap((key) => [
    key.toString('base64url'),
    [...key].slice(0, 8).join(','),
    (key.toString('hex').match(/../g) ?? []).slice(0, 8).join(' '),
  ]);
  const services = [
    AuthModule,
    AuthService,
    TokenService,
    SessionService,
    AuthEvents,
    OneTimeTokens,
    JwtStrategy,
    LocalStrategy,
    RefreshStrategy,
    JwtAuthGuard,
    RolesGuard,
    LocalAuthGuard,
    RefreshAuthGuard,
    UserStore,
    SessionStore,
    EphemeralStore,
    PasswordHasher,
  ];
  const leaks = services.filter((token) => {
    const service: unknown = app.app.get(token as never);
    const text = `${inspect(service)}\n${inspect(service, { depth: 20 })}\n${serialised(service)}`;
    return [SECRETS.access, SECRETS.refresh, PASSWORD, ...spellings].some((secret) => text.includes(secret));
  });
  expect(leaks).toEqual([]);
});

function serialised(value: unknown): string {
  const seen = new Set<unknown>();
  const once = (_: string, member: unknown) => {
    if (typeof member !== 'object' || member === null) return member;
    if (seen.has(member)) return null;
    seen.add(member);
    return member;
  };
  return String(JSON.stringify(value, once));
}

describe('what a caller can write into an audit log', () => {
  test('has no control characters: neither terminal escapes nor forged lines in a user agent', async () => {
    await start();
    await post('login', { email: 'ann@example.org', password: PASSWORD })
      .set('User-Agent', 'a\x85forged\x9b31m line\tb')
      .expect(401);
    const [event] = events as [Extract<AuthEvent, { type: 'login_failed' }>];
    expect(event.device.userAgent).toMatch(/^a.*forged.*31m line.b$/);
    expect(event.device.userAgent).not.toMatch(/\p{C}/u);
  });

  test('has no control characters in a login: it is refused before an event', async () => {
    await start();
    for (const email of ['ann\r\n2030-01-01 logged_in root', 'ann\u2028root', 'ann\u001b[31m', 'ann\u202eroot']) {
      await post('login', { email, password: PASSWORD }).expect(400);
    }
    expect(events).toEqual([]);
  });

  test('is bounded', async () => {
    await start();
    await post('login', { email: 'ann@example.org', password: PASSWORD })
      .set('User-Agent', 'x'.repeat(5000))
      .expect(401);
    expect(JSON.stringify(events).length).toBeLessThan(700);
  });
});

describe('every outcome leaves exactly these events', () => {
  const OUTCOMES: [string, string[], (user: Awaited<ReturnType<typeof signUp>>) => Promise<unknown>][] = [
    ['a registration', ['registered', 'logged_in'], () => signUp(app)],
    ['a login', ['logged_in'], ({ email }) => logIn(app, email)],
    ['a wrong password', ['login_failed'], ({ email }) => post('login', { email, password: CHOSEN }).expect(401)],
    [
      'an unknown login',
      ['login_failed'],
      () => post('login', { email: 'nobody@example.org', password: CHOSEN }).expect(401),
    ],
    [
      'a damaged hash',
      ['password_hash_malformed', 'login_failed'],
      async () => {
        await app.userStore.create({ login: 'damaged', passwordHash: '$2b$', roles: [], profile: {} });
        await post('login', { email: 'damaged', password: PASSWORD }).expect(401);
      },
    ],
    [
      'a hash of an older cost',
      ['password_rehashed', 'logged_in'],
      async () => {
        await app.userStore.create({
          login: 'old',
          passwordHash: new FakeHasher(1).encode(PASSWORD, 's'),
          roles: [],
          profile: {},
        });
        await logIn(app, 'old');
      },
    ],
    ['a refresh', ['refreshed'], ({ refresh }) => post('refresh', { refresh_token: refresh }).expect(200)],
    [
      'a refresh token that comes again at once',
      ['refreshed', 'refresh_repeated'],
      async ({ refresh }) => {
        for (let time = 0; time < 2; time++) await post('refresh', { refresh_token: refresh }).expect(200);
      },
    ],
    [
      'a login beyond the limit of sessions',
      ['logged_in', 'session_revoked', 'logged_in'],
      async ({ email }) => {
        await logIn(app, email);
        await logIn(app, email);
      },
    ],
    ['a forged refresh token', ['refresh_refused'], () => post('refresh', { refresh_token: 'forged' }).expect(401)],
    [
      'a replayed refresh token',
      ['refreshed', 'session_revoked', 'replay_detected', 'refresh_refused'],
      async ({ refresh }) => {
        await post('refresh', { refresh_token: refresh }).expect(200);
        app.clock.advance(61);
        await post('refresh', { refresh_token: refresh }).expect(401);
      },
    ],
    ['a logout', ['session_revoked', 'logged_out'], ({ access }) => post('logout', {}, access).expect(204)],
    [
      'a logout everywhere',
      ['session_revoked', 'logged_out'],
      ({ access }) => post('logout-all', {}, access).expect(204),
    ],
    [
      'a password change',
      ['logged_in', 'session_revoked', 'password_changed'],
      async ({ email, access }) => {
        await logIn(app, email);
        await change(access, PASSWORD, CHOSEN).expect(204);
      },
    ],
    [
      'a caller without the role',
      ['access_denied'],
      ({ access }) =>
        app.http
          .get('/admin')
          .set(...bearer(access))
          .expect(403)
          .then(),
    ],
    [
      'a throttled login',
      ['login_failed', 'login_failed', 'login_failed', 'throttled'],
      async ({ email }) => {
        for (const status of [401, 401, 401, 429]) await post('login', { email, password: CHOSEN }).expect(status);
      },
    ],
  ];

  test.each(OUTCOMES)('%s: %j', async (_, types, act) => {
    await start({ throttle: { account: { points: 3, duration: '15m' } }, sessions: { max: 2 } });
    const user = await signUp(app);
    events.length = 0;
    await act(user);
    expect(events.map(({ type }) => type)).toEqual(types);
    for (const event of events) expect(event.at).toBeInstanceOf(Date);
  });
});
