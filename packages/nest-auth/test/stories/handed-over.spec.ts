import {
  type AuthEvent,
  AuthEvents,
  type AuthOptions,
  type AuthUser,
  MemoryUserStore,
  type NewUser,
  Public,
  type UserStore,
} from '@acme/nest-auth';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  BadGatewayException,
  ConflictException,
  Controller,
  Get,
  HttpException,
  Logger,
  NotFoundException,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { logIn, PASSWORD, signUp, startApp, type TestApp } from '../support/app.js';
import { FakeHasher } from '../support/fake-hasher.js';

@Controller()
class NotesController {
  @Get('notes')
  list() {
    return [];
  }

  @Public()
  @UseGuards(AuthGuard('jwt'))
  @Get('by-passport')
  byPassport() {
    return [];
  }
}

type Method = 'findById' | 'findByLogin' | 'create';

/** A team's store with a fault: every row goes through `row`, and what `fails` names rejects. */
class TeamStore implements UserStore {
  readonly rows = new MemoryUserStore();
  row: (user: AuthUser) => unknown = (user) => user;
  fails: Partial<Record<Method, () => unknown>> = {};

  async findById(id: string): Promise<AuthUser | null> {
    return this.#handOver('findById', () => this.rows.findById(id));
  }

  async findByLogin(login: string): Promise<AuthUser | null> {
    return this.#handOver('findByLogin', () => this.rows.findByLogin(login));
  }

  async create(user: NewUser): Promise<AuthUser> {
    return this.#handOver('create', () => this.rows.create(user));
  }

  async setPasswordHash(id: string, hash: string, replaces: string | null): Promise<boolean> {
    return this.rows.setPasswordHash(id, hash, replaces);
  }

  async #handOver(method: Method, ask: () => Promise<AuthUser | null>): Promise<never> {
    const failure = this.fails[method];
    if (failure) throw failure();
    const user = await ask();
    return (user && this.row(user)) as never;
  }
}

let app: TestApp;
let store: TeamStore;
let lines: string[];
let events: AuthEvent[];
const { NODE_ENV } = process.env;

async function start(options: Partial<AuthOptions> = {}): Promise<void> {
  store = new TeamStore();
  app = await startApp({
    controllers: [NotesController],
    options: { userStore: store, password: { hasher: new FakeHasher() }, ...options },
  });
  lines = [];
  events = [];
  const write = (...parts: unknown[]) => void lines.push(parts.slice(0, -1).filter(Boolean).join(' | '));
  Logger.overrideLogger({ log: write, error: write, warn: write, debug: write, verbose: write, fatal: write });
  app.app.get(AuthEvents).subscribe((event) => events.push(event));
}

beforeEach(() => start());
afterEach(async () => {
  process.env.NODE_ENV = NODE_ENV;
  await app.close();
});

const post = (route: string, body: object) => app.http.post(`/auth/${route}`).send(body);
const register = (email = 'ann@example.org') => post('register', { email, password: PASSWORD });
const login = (email: string, password = PASSWORD) => post('login', { email, password });
const me = (token: string) => app.as(token).get('/auth/me');
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
const INTERNAL = {
  statusCode: 500,
  error: 'Internal Server Error',
  code: 'contract_broken',
  message: 'Internal server error',
};

async function sessionsOf(email: string): Promise<number> {
  const user = await store.rows.findByLogin(email);
  const page = { now: new Date(app.clock.now), limit: 1000 };
  return (await app.sessionStore.listActive(user?.id ?? '', page)).length;
}

const WRONG: [string, object, string][] = [
  [
    'roles that are a string',
    { roles: 'admin' },
    'roles must be an array of strings that are not empty, and is a string',
  ],
  ['roles in one string', { roles: 'GUEST,AUDITOR' }, 'and is a string'],
  ['roles that are null', { roles: null }, 'and is null'],
  ['roles that are numbers', { roles: [1, 2] }, 'and is an array with a number in it'],
  ['roles that are objects', { roles: [{ name: 'admin' }] }, 'and is an array with an object in it'],
  ['roles that are not awaited', { roles: Promise.resolve(['admin']) }, 'and is a promise'],
  ['permissions that are a string', { permissions: 'notes:write' }, 'permissions must be'],
  ['no id', { id: undefined }, 'id must be'],
  ['an _id and no id', { id: undefined, _id: { hex: '00' } }, 'there is an _id'],
  ['no password hash, as with `select: false`', { passwordHash: undefined }, 'passwordHash must be'],
  ['a date as text', { disabledAt: '2030-01-01' }, 'disabledAt must be a Date'],
];

describe.each(['production', 'development'])('a user store that hands over an invalid user, in %s', (environment) => {
  test.each(WRONG)('a user with %s is 500 and one log line, and nothing is written', async (_, changes, words) => {
    const known = await signUp(app, 'known@example.org');
    process.env.NODE_ENV = environment;
    const wrong = (user: AuthUser) => ({ ...user, ...changes });
    store.row = wrong;
    for (const [method, send] of [
      ['findByLogin', () => login(known.email)],
      ['findById', () => me(known.access)],
      ['findById', () => post('refresh', { refresh_token: known.refresh })],
      ['create', () => register('new@example.org')],
    ] as const) {
      lines = [];
      const { body } = await send().expect(500);
      expect(body).toEqual(INTERNAL);
      expect(lines).toEqual([expect.stringContaining(`contract_broken: UserStore.${method} (TeamStore) handed over`)]);
      expect(lines[0]).toContain(words);
      expect(lines[0]).not.toMatch(/GUEST|notes:write|2030|\$fake/);
    }
    expect(await sessionsOf(known.email)).toBe(1);
    expect(await sessionsOf('new@example.org')).toBe(0);
    store.row = (user) => user;
    // The refresh that failed costs nothing: the same token works once the store is mended.
    await post('refresh', { refresh_token: known.refresh }).expect(200);
  });

  test.each<[string, unknown, string]>([
    ['a list', [], 'an array'],
    ['a number', 7, 'a number'],
    ['true', true, 'a boolean'],
    ['nothing, from `create`', undefined, 'missing'],
  ])('a store that hands over %s instead of a user is 500', async (_, row, words) => {
    process.env.NODE_ENV = environment;
    store.row = () => row;
    expect((await register().expect(500)).body).toEqual(INTERNAL);
    expect(lines).toEqual([
      expect.stringContaining(`UserStore.create (TeamStore) handed over ${words} instead of a user`),
    ]);
  });
});

test('roles in one string are refused, so that no part of it is taken for a role', async () => {
  const user = await signUp(app);
  store.row = (row) => ({ ...row, roles: 'GUEST,AUDITOR' });
  const { body } = await login(user.email).expect(500);
  expect(body).not.toHaveProperty('access_token');
});

test('a store that hands over another user logs nobody in', async () => {
  const ann = await signUp(app, 'ann@example.org');
  const bob = await store.create({ login: 'bob', passwordHash: 'x', roles: [], profile: {} });
  store.row = () => bob;
  await me(ann.access).expect(500);
  expect((await register('eve@example.org').expect(500)).body).toEqual(INTERNAL);
  expect(lines).toEqual([
    expect.stringContaining('UserStore.findById (TeamStore) handed over a user with another id'),
    expect.stringContaining('UserStore.create (TeamStore) handed over a user with another passwordHash'),
  ]);
});

test.each(['a row count', 'nothing'])(
  'a setPasswordHash that answers %s did not change the password',
  async (answer) => {
    const user = await signUp(app);
    store.setPasswordHash = async () => (answer === 'nothing' ? undefined : { affected: 0 }) as never;
    await app
      .as(user.access)
      .post('/auth/password')
      .send({ current_password: PASSWORD, new_password: 'an even finer passphrase' })
      .expect(500);
    expect(lines).toEqual([
      expect.stringMatching(/UserStore\.setPasswordHash \(TeamStore\) handed over .* instead of true/),
    ]);
    expect(events.map(({ type }) => type)).not.toContain('password_changed');
  },
);

describe('an id that is not a string', () => {
  test.each<[string, unknown, string]>([
    ['a number', 7, '7'],
    ['a bigint', 9007199254740993n, '9007199254740993'],
  ])(
    'an id that is %s becomes a string everywhere: token, session, event, /auth/me, claims and profile',
    async (_, id, expected) => {
      await app.close();
      const seen: unknown[] = [];
      const note = (user: AuthUser) => {
        seen.push(user.id);
        return { label: (user as AuthUser & { label(): string }).label() };
      };
      await start({ claims: note as never, profile: note as never });
      const rows = new Map<string, AuthUser>();
      class Row {
        readonly #greeting = 'hello';
        id = id;
        constructor(
          readonly login: string,
          readonly passwordHash: string | null,
          readonly roles: readonly string[],
        ) {}
        label(): string {
          return `${this.#greeting} ${this.login}`;
        }
      }
      store.create = async ({ login: name, passwordHash, roles }) => {
        const row = Object.freeze(new Row(name, passwordHash, roles)) as never;
        rows.set(String(id), row);
        return row;
      };
      store.findById = async (key) => (rows.get(key) ?? null) as never;
      store.findByLogin = async () => (rows.get(expected) ?? null) as never;
      const user = await signUp(app, 'ann@example.org');
      const { body } = await me(user.access).expect(200);
      expect(body).toMatchObject({ id: expected, email: 'ann@example.org', label: 'hello ann@example.org' });
      expect(claimsOf(user.access)).toMatchObject({ sub: expected, label: 'hello ann@example.org' });
      const live = await app.sessionStore.listActive(expected, { now: new Date(app.clock.now), limit: 10 });
      expect(live.map(({ userId }) => userId)).toEqual([expected]);
      await logIn(app, user.email);
      await post('refresh', { refresh_token: user.refresh }).expect(200);
      expect(new Set(seen)).toEqual(new Set([expected]));
      expect(new Set(events.flatMap((event) => ('userId' in event ? [event.userId] : [])))).toEqual(
        new Set([expected]),
      );
      expect(lines).toEqual([]);
    },
  );
});

describe('a user whom findById does not find', () => {
  test.each(['create', 'findByLogin'])(
    'a user whom %s has handed over and findById does not find is 500, and the log says so',
    async (by) => {
      const { email } = await signUp(app, 'known@example.org');
      store.findById = async () => null as never;
      const { body } = await (by === 'create' ? register() : login(email)).expect(500);
      expect(body).toEqual(INTERNAL);
      expect(lines).toEqual([
        expect.stringMatching(
          new RegExp(
            `^contract_broken: UserStore\\.findById \\(TeamStore\\) does not find the user that ${by} has just`,
          ),
        ),
      ]);
      expect(await sessionsOf(by === 'create' ? 'ann@example.org' : email)).toBe(by === 'create' ? 0 : 1);
    },
  );

  test('a user whom findById does not find after a rehash is 500', async () => {
    await store.create({ login: 'old', passwordHash: new FakeHasher(9).encode(PASSWORD, 's'), roles: [], profile: {} });
    store.findById = async () => null as never;
    expect((await login('old').expect(500)).body).toEqual(INTERNAL);
    expect(lines).toHaveLength(1);
  });

  test('a user who is deleted during the login gets 401, and nothing is logged', async () => {
    const { email } = await signUp(app);
    store.findById = async (id) => {
      store.rows.delete(id);
      return null;
    };
    expect((await login(email).expect(401)).body.code).toBe('invalid_credentials');
    expect(lines).toEqual([]);
  });

  test('a user who is disabled or changes the password during the login gets 401', async () => {
    const { email } = await signUp(app);
    const row = (await store.rows.findByLogin(email)) as AuthUser;
    for (const change of [{ disabledAt: new Date() }, { passwordHash: '$fake$1$s$another' }]) {
      store.findById = async () => ({ ...row, ...change }) as never;
      expect((await login(email).expect(401)).body.code).toBe('invalid_credentials');
    }
    expect(lines).toEqual([]);
  });
});

describe('a store that rejects', () => {
  const named = (name: string, more: object = {}) =>
    Object.assign(new Error(`SELECT … WHERE login = 'ann@example.org' AND hash = '${PASSWORD}'`), { name, ...more });

  test.each<[string, () => unknown]>([
    ["Nest's NotFoundException", () => new NotFoundException()],
    ["TypeORM's EntityNotFoundError", () => named('EntityNotFoundError')],
    ["Prisma's P2025", () => named('PrismaClientKnownRequestError', { code: 'P2025' })],
    ["Mongoose's DocumentNotFoundError", () => named('DocumentNotFoundError')],
  ])('%s from a lookup means that nobody is found', async (_, failure) => {
    const { email, refresh } = await signUp(app);
    const known = await login(email, 'the wrong passphrase').expect(401);
    store.fails = { findByLogin: failure, findById: failure };
    const unknown = await login('nobody@example.org').expect(401);
    expect(unknown.body).toEqual(known.body);
    expect((await post('refresh', { refresh_token: refresh }).expect(401)).body.code).toBe('user_not_found');
    expect(lines).toEqual([]);
  });

  test('an ORM\'s "not found" from setPasswordHash means that nothing was changed', async () => {
    const { access } = await signUp(app);
    store.setPasswordHash = async () => {
      throw named('PrismaClientKnownRequestError', { code: 'P2025' });
    };
    const { body } = await app
      .as(access)
      .post('/auth/password')
      .send({ current_password: PASSWORD, new_password: 'an even finer passphrase' })
      .expect(409);
    expect(body.code).toBe('password_changed_meanwhile');
  });

  test('a ConflictException from create means that the login is taken', async () => {
    store.fails = { create: () => new ConflictException('users_login_key') };
    expect((await register().expect(409)).body).toEqual({
      statusCode: 409,
      error: 'Conflict',
      code: 'login_taken',
      message: 'This login is taken.',
    });
    expect(lines).toEqual([]);
  });

  test.each<[number, HttpException]>([
    [402, new HttpException({ plan: 'expired' }, 402)],
    [502, new BadGatewayException({ upstream: 'directory' })],
  ])('another HttpException goes to the client as it is: %i', async (status, exception) => {
    const { email, access } = await signUp(app);
    store.fails = { findByLogin: () => exception, findById: () => exception, create: () => exception };
    for (const request of [login(email), me(access), register('new@example.org')]) {
      expect((await request.expect(status)).body).toEqual(exception.getResponse());
    }
  });

  test('an HttpException with status 200 is an outage, not an answer', async () => {
    store.fails = { findByLogin: () => new HttpException({ access_token: 'x' }, 200) };
    expect((await login('ann@example.org').expect(503)).body.code).toBe('store_unavailable');
  });

  const BUG = () => (undefined as unknown as { rows: unknown }).rows;

  test('a TypeError in a store is 500, and in development the log has its message and stack', async () => {
    process.env.NODE_ENV = 'development';
    store.fails = { findByLogin: BUG };
    expect((await login('ann@example.org').expect(500)).body).toEqual(INTERNAL);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /UserStore\.findByLogin failed with TypeError \(TeamStore\), at .*handed-over\.spec\.ts:\d+/,
    );
    expect(lines[0]).toMatch(/TypeError: Cannot read properties of undefined \(reading 'rows'\)\n {4}at /);
  });

  test('a TypeError in a store is 500, and in production the log has its name and place', async () => {
    process.env.NODE_ENV = 'production';
    store.fails = { findByLogin: BUG };
    expect((await login('ann@example.org').expect(500)).body).toEqual(INTERNAL);
    expect(lines).toEqual([
      expect.stringMatching(
        /^contract_broken: .*UserStore\.findByLogin failed with TypeError \(TeamStore\), at .*handed-over\.spec\.ts:\d+:\d+\)?$/,
      ),
    ]);
    expect(lines[0]).not.toContain('Cannot read');
  });

  test.each(['production', 'development'])(
    "the log names the ORM's and the driver's error, without their messages (%s)",
    async (environment) => {
      process.env.NODE_ENV = environment;
      const driver = named('DatabaseError', { code: '42P01', parameters: [PASSWORD] });
      store.fails = { findByLogin: () => named('DrizzleQueryError', { params: [PASSWORD], cause: driver }) };
      const { body, headers } = await login('ann@example.org').expect(503);
      expect([body.code, headers['retry-after']]).toEqual(['store_unavailable', '1']);
      expect(lines).toEqual([
        expect.stringMatching(
          /^store_unavailable: UserStore\.findByLogin failed with DrizzleQueryError, caused by DatabaseError 42P01 \(TeamStore\), at /,
        ),
      ]);
      expect(lines[0]).not.toMatch(/SELECT|ann@example|passphrase/);
    },
  );

  test('a TypeError in the session store is 500 and not 401, by our guard and by Passport', async () => {
    await app.close();
    await start({ revocation: 'strict' });
    const { access } = await signUp(app);
    app.sessionStore.find = async () => BUG() as never;
    for (const route of ['/notes', '/by-passport']) {
      expect((await app.as(access).get(route).expect(500)).body).toEqual(INTERNAL);
    }
  });
});

describe('a stored hash that cannot be checked', () => {
  test('a hash that cannot be checked is 401 and an event for each user, and one log line for each scheme that shows nothing of the hash', async () => {
    const padded = `${new FakeHasher().encode(PASSWORD, 's')}${' '.repeat(20)}`;
    const argon2 = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$ZGlnZXN0ZGlnZXN0';
    for (const [name, passwordHash] of [
      ['a', padded],
      ['b', padded],
      ['c', argon2],
      ['d', argon2],
    ] as const) {
      await store.create({ login: name, passwordHash, roles: [], profile: {} });
      expect((await login(name).expect(401)).body.code).toBe('invalid_credentials');
    }
    expect(events.filter(({ type }) => type === 'password_hash_malformed')).toHaveLength(4);
    expect(lines).toEqual([
      expect.stringMatching(/hashes padded with spaces: .*VARCHAR/),
      expect.stringMatching(/hashes of the scheme \$argon2id\$: .*Argon2Hasher/),
    ]);
    expect(lines.join()).not.toMatch(/m=19456|c2Fsd|ZGln|\$fake/);
  });
});

describe('an access token that would be too long', () => {
  const many = Array.from({ length: 400 }, (_, i) => `notes:permission:${i}`);

  test('a login whose access token would be too long is 500, the log says why, and no session is made', async () => {
    const { email } = await signUp(app);
    store.row = (user) => ({ ...user, permissions: many });
    const { body } = await login(email).expect(500);
    expect(body).toEqual({ ...INTERNAL, code: 'invalid_configuration' });
    expect(lines).toEqual([
      expect.stringMatching(
        /^invalid_configuration: .* would have \d+ characters, and 8192 is the most\. .* 400 permissions/,
      ),
    ]);
    expect(await sessionsOf(email)).toBe(1);
    expect(events.filter(({ type }) => type === 'logged_in')).toHaveLength(1);
  });

  test('a registration whose access token would be too long makes no session, and the log says that the account was created', async () => {
    store.row = (user) => ({ ...user, permissions: many });
    expect((await register().expect(500)).body.code).toBe('invalid_configuration');
    expect(lines).toEqual([expect.stringMatching(/400 permissions.* The account was created/)]);
    expect(await sessionsOf('ann@example.org')).toBe(0);
  });

  test('an app whose `register.roles` make access tokens too long does not start', async () => {
    const starting = startApp({ options: { register: { roles: many as never } } });
    await expect(starting).rejects.toThrow(/register\.roles makes access tokens longer than 8192 characters/);
  });
});

describe('what the options make of a user', () => {
  test('`profile` and `claims` that contain the password hash are refused, and no answer shows it', async () => {
    await app.close();
    await start({ profile: (user) => ({ ...user }) as never });
    const { access } = await signUp(app);
    const { text } = await me(access).expect(500);
    expect(text).not.toContain('$fake');
    expect(lines).toEqual([expect.stringMatching(/^invalid_configuration: profile\(user\) shows the password hash/)]);
    await app.close();
    await start({ claims: (user) => ({ user }) as never });
    await register().expect(500);
    expect(lines).toEqual([expect.stringMatching(/^invalid_configuration: claims\(user\) shows the password hash/)]);
  });
});
