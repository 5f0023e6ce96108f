import { inspect } from 'node:util';
import {
  AuthError,
  type AuthEvent,
  AuthEvents,
  AuthException,
  AuthModule,
  type AuthOptions,
  AuthService,
  type AuthUser,
  memoryStores,
  type NewUser,
  Roles,
  type UserStore,
} from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, type INestApplicationContext, Logger } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { deriveKey } from '../../../src/core/keys/secret.js';
import { bearer, logIn, PASSWORD, SECRETS, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { printed, shownBy, spellingsOf } from '../../support/shown.js';

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

/** Every line of Nest's loggers, at every level, and everything else that is written to the terminal. */
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
    // A driver whose errors quote their parameters, a listener that throws its event, and an outage at every step.
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
  // Headers of tokens are not secret; nothing else of a token may appear.
  expect(traces.filter((trace) => written.includes(trace))).toEqual([]);
});

describe('nothing that can be inspected holds a secret', () => {
  const PEPPER = 'the pepper of the hasher';
  const SMTP = 'the password of the mail server';
  const DATABASE = 'the password of the database';

  /** A store and a hasher as teams write them, with everything in plain fields. */
  class OpenStore implements UserStore {
    readonly connection = { password: DATABASE };
    readonly rows = memoryStores().userStore;
    readonly seen: AuthUser[] = [];
    fails: Error | undefined;

    findById = (id: string) => this.#answer(() => this.rows.findById(id));
    findByLogin = (login: string) => this.#answer(() => this.rows.findByLogin(login));
    create = (user: NewUser) => this.#answer(() => this.rows.create(user)) as Promise<AuthUser>;
    setPasswordHash = (id: string, hash: string, replaces: string | null) =>
      this.rows.setPasswordHash(id, hash, replaces);

    async #answer(ask: () => Promise<AuthUser | null>): Promise<AuthUser | null> {
      if (this.fails) throw this.fails;
      const user = await ask();
      if (user) this.seen.push(user);
      return user;
    }
  }

  class PepperedHasher extends FakeHasher {
    readonly pepper = PEPPER;
  }

  const openOptions = () => ({
    userStore: new OpenStore(),
    password: { hasher: new PepperedHasher(), accepts: [new PepperedHasher(9)] },
    mailer: { smtp: { password: SMTP }, send: async () => {} },
  });
  const derived = (['refresh', 'one-time', 'attempt-limit'] as const).flatMap((purpose) =>
    spellingsOf(deriveKey(SECRETS.refresh, purpose)),
  );
  const keys = [SECRETS.access, SECRETS.refresh].flatMap((secret) => spellingsOf(Buffer.from(secret)));
  const CANARIES = [SECRETS.access, SECRETS.refresh, PASSWORD, PEPPER, SMTP, DATABASE, ...derived, ...keys];

  /** Each provider, controller and module of the app, by its injection token. */
  function everyInstance(nest: INestApplicationContext): [string, unknown][] {
    return [...nest.get(ModulesContainer).values()].flatMap(({ metatype, providers, controllers, injectables }) =>
      [...providers, ...controllers, ...injectables].map(([token, { instance }]): [string, unknown] => [
        `${metatype.name} ${typeof token === 'function' ? token.name : String(token)}`,
        instance,
      ]),
    );
  }

  function leaksOf(nest: INestApplicationContext, canaries: readonly string[]): string[] {
    const instances = everyInstance(nest);
    expect(instances.length).toBeGreaterThan(30);
    const seen = new Set<unknown>();
    return instances
      .filter(([, instance]) => {
        const text = `${shownBy(instance, seen)}\n${printed(instance)}`;
        return canaries.some((canary) => text.includes(canary));
      })
      .map(([name]) => name);
  }

  test('not one provider, controller or module, however deep', async () => {
    const { userStore, ...options } = openOptions();
    await start({ userStore, ...options });
    const user = await signUp(app);
    await logIn(app, user.email);
    const hashes = userStore.seen.map(({ passwordHash }) => String(passwordHash));
    expect(hashes.length).toBeGreaterThan(2);
    expect(leaksOf(app.app, [...CANARIES, ...hashes, user.refresh, user.access])).toEqual([]);
  });

  test('nor with options that are given as they are', async () => {
    await start();
    const nest = await NestFactory.createApplicationContext(
      AuthModule.forRoot({ ...memoryStores(), ...openOptions(), secrets: SECRETS }),
      { logger: false },
    );
    try {
      expect(leaksOf(nest, CANARIES)).toEqual([]);
    } finally {
      await nest.close();
    }
  });

  test('nor in a resource server, whose keys are secrets', async () => {
    await start();
    const nest = await NestFactory.createApplicationContext(
      AuthModule.forResourceServer({ keys: SECRETS.access, issuer: 'https://auth.example.org', audience: 'notes' }),
      { logger: false },
    );
    try {
      expect(leaksOf(nest, CANARIES)).toEqual([]);
    } finally {
      await nest.close();
    }
  });

  test('not one exception or cause: neither of a driver, nor of a hasher', async () => {
    const { userStore, ...options } = openOptions();
    await start({ userStore, ...options });
    const auth = app.app.get(AuthService);
    await auth.register({ login: 'ann@example.org', password: PASSWORD });
    const [{ passwordHash } = { passwordHash: null }] = userStore.seen;
    const hash = String(passwordHash);
    const parameters = ['ann@example.org', hash, PASSWORD];
    const driver = Object.assign(new Error(`duplicate key (${parameters})`), { code: '23505', parameters });
    const failures: Error[] = [
      driver,
      Object.assign(new Error(`Failed query\nparams: ${parameters}`, { cause: driver }), { query: parameters }),
      new AggregateError([driver, new TypeError(hash)], hash),
      new AuthError('login_taken', { cause: driver }),
      new TypeError(hash),
    ];
    const refused: unknown[] = [];
    for (const failure of failures) {
      userStore.fails = failure;
      for (const attempt of [
        () => auth.login({ login: 'ann@example.org', password: PASSWORD }),
        () => auth.register({ login: 'bob@example.org', password: PASSWORD }),
      ])
        refused.push(await attempt().catch((error: unknown) => error));
    }
    userStore.fails = undefined;
    options.password.hasher.verify = () => Promise.reject(new Error(`cannot verify ${hash}`));
    refused.push(await auth.login({ login: 'ann@example.org', password: PASSWORD }).catch((error: unknown) => error));
    expect(refused).toHaveLength(11);
    for (const error of refused) {
      expect(error).toBeInstanceOf(AuthError);
      const text = [error, new AuthException(error as AuthError)].map((one) => shownBy(one) + printed(one)).join('\n');
      expect([hash, PASSWORD, 'Failed query', 'duplicate key'].filter((canary) => text.includes(canary))).toEqual([]);
    }
    // The walk would find a leak, and the copies keep the useful parts.
    expect(shownBy(new Error('x', { cause: driver }))).toContain(hash);
    expect(printed(refused[0])).toContain('23505');
  });
});

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
      'logouts of one device at once',
      ['session_revoked', 'logged_out'],
      async ({ refresh }) => {
        const { find } = app.sessionStore;
        const all: (() => void)[] = [];
        // As on a database: each of them reads before one writes.
        app.sessionStore.find = async (id) => {
          const found = await find.call(app.sessionStore, id);
          await new Promise<void>((resolve) => {
            if (all.push(resolve) === 3) for (const go of all) go();
          });
          return found;
        };
        await Promise.all([1, 2, 3].map(() => post('logout', { refresh_token: refresh }).expect(204)));
      },
    ],
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
    ['a caller without the role', ['access_denied'], ({ access }) => app.as(access).get('/admin').expect(403).then()],
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

  test.each<[string, string, string]>([
    ['access_denied', 'get', '/admin'],
    ['logged_out', 'post', '/auth/logout'],
    ['logged_out', 'post', '/auth/logout-all'],
  ])('%s names the device: %s %s', async (type, method, path) => {
    await start();
    const { access, email } = await signUp(app);
    const userId = (await app.userStore.findByLogin(email))?.id;
    await app.as(access)[method as 'get' | 'post'](path).set('User-Agent', 'Firefox');
    const found = events.filter((event) => event.type === type);
    expect(found).toEqual([
      expect.objectContaining({ type, userId, device: { ip: '127.0.0.1', userAgent: 'Firefox' } }),
    ]);
  });

  test('a logout by a refresh token names the device', async () => {
    await start();
    const { refresh } = await signUp(app);
    await post('logout', { refresh_token: refresh }).set('User-Agent', 'Firefox').expect(204);
    expect(events.at(-1)).toMatchObject({ type: 'logged_out', device: { ip: '127.0.0.1', userAgent: 'Firefox' } });
  });

  test('access_denied names the handler, as class and method, and the code of the answer', async () => {
    await start();
    const { access } = await signUp(app);
    await app.as(access).get('/admin').expect(403);
    expect(events.at(-1)).toMatchObject({
      type: 'access_denied',
      handler: 'AdminController.list',
      code: 'insufficient_scope',
    });
  });
});
