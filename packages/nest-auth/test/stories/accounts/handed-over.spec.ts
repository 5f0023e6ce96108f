import type { AuthUser } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import { logIn, PASSWORD, signUp, startApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { appOnTeamStore, INTERNAL } from '../../support/team-store.js';

const team = appOnTeamStore();
const { start, post, register, login, me, sessionsOf } = team;
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

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
    const known = await signUp(team.app, 'known@example.org');
    process.env.NODE_ENV = environment;
    const wrong = (user: AuthUser) => ({ ...user, ...changes });
    team.store.row = wrong;
    for (const [method, send] of [
      ['findByLogin', () => login(known.email)],
      ['findById', () => me(known.access)],
      ['findById', () => post('refresh', { refresh_token: known.refresh })],
      ['create', () => register('new@example.org')],
    ] as const) {
      team.lines.length = 0;
      const { body } = await send().expect(500);
      expect(body).toEqual(INTERNAL);
      expect(team.lines).toEqual([
        expect.stringContaining(`contract_broken: UserStore.${method} (TeamStore) handed over`),
      ]);
      expect(team.lines[0]).toContain(words);
      expect(team.lines[0]).not.toMatch(/GUEST|notes:write|2030|\$fake/);
    }
    expect(await sessionsOf(known.email)).toBe(1);
    expect(await sessionsOf('new@example.org')).toBe(0);
    team.store.row = (user) => user;
    // The failed refresh does not use up the token: it works again when the store is repaired.
    await post('refresh', { refresh_token: known.refresh }).expect(200);
  });

  test.each<[string, unknown, string]>([
    ['a list', [], 'an array'],
    ['a number', 7, 'a number'],
    ['true', true, 'a boolean'],
    ['nothing, from `create`', undefined, 'missing'],
  ])('a store that hands over %s instead of a user is 500', async (_, row, words) => {
    process.env.NODE_ENV = environment;
    team.store.row = () => row;
    expect((await register().expect(500)).body).toEqual(INTERNAL);
    expect(team.lines).toEqual([
      expect.stringContaining(`UserStore.create (TeamStore) handed over ${words} instead of a user`),
    ]);
  });
});

test('roles in one string are refused, so that no part of it is taken for a role', async () => {
  const user = await signUp(team.app);
  team.store.row = (row) => ({ ...row, roles: 'GUEST,AUDITOR' });
  const { body } = await login(user.email).expect(500);
  expect(body).not.toHaveProperty('access_token');
});

test('a store that hands over another user logs nobody in', async () => {
  const ann = await signUp(team.app, 'ann@example.org');
  const bob = await team.store.create({ login: 'bob', passwordHash: 'x', roles: [], profile: {} });
  team.store.row = () => bob;
  await me(ann.access).expect(500);
  expect((await register('eve@example.org').expect(500)).body).toEqual(INTERNAL);
  expect(team.lines).toEqual([
    expect.stringContaining('UserStore.findById (TeamStore) handed over a user with another id'),
    expect.stringContaining('UserStore.create (TeamStore) handed over a user with another passwordHash'),
  ]);
});

test.each(['a row count', 'nothing'])(
  'a setPasswordHash that answers %s did not change the password',
  async (answer) => {
    const user = await signUp(team.app);
    team.store.setPasswordHash = async () => (answer === 'nothing' ? undefined : { affected: 0 }) as never;
    await team.app
      .as(user.access)
      .post('/auth/password')
      .send({ current_password: PASSWORD, new_password: 'an even finer passphrase' })
      .expect(500);
    expect(team.lines).toEqual([
      expect.stringMatching(/UserStore\.setPasswordHash \(TeamStore\) handed over .* instead of true/),
    ]);
    expect(team.events.map(({ type }) => type)).not.toContain('password_changed');
  },
);

describe('an id that is not a string', () => {
  test.each<[string, unknown, string]>([
    ['a number', 7, '7'],
    ['a bigint', 9007199254740993n, '9007199254740993'],
  ])(
    'an id that is %s becomes a string everywhere: token, session, event, /auth/me, claims and profile',
    async (_, id, expected) => {
      await team.app.close();
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
      team.store.create = async ({ login: name, passwordHash, roles }) => {
        const row = Object.freeze(new Row(name, passwordHash, roles)) as never;
        rows.set(String(id), row);
        return row;
      };
      team.store.findById = async (key) => (rows.get(key) ?? null) as never;
      team.store.findByLogin = async () => (rows.get(expected) ?? null) as never;
      const user = await signUp(team.app, 'ann@example.org');
      const { body } = await me(user.access).expect(200);
      expect(body).toMatchObject({ id: expected, email: 'ann@example.org', label: 'hello ann@example.org' });
      expect(claimsOf(user.access)).toMatchObject({ sub: expected, label: 'hello ann@example.org' });
      const live = await team.app.sessionStore.listActive(expected, { now: new Date(team.app.clock.now), limit: 10 });
      expect(live.map(({ userId }) => userId)).toEqual([expected]);
      await logIn(team.app, user.email);
      await post('refresh', { refresh_token: user.refresh }).expect(200);
      expect(new Set(seen)).toEqual(new Set([expected]));
      expect(new Set(team.events.flatMap((event) => ('userId' in event ? [event.userId] : [])))).toEqual(
        new Set([expected]),
      );
      expect(team.lines).toEqual([]);
    },
  );
});

describe('a user whom findById does not find', () => {
  test.each(['create', 'findByLogin'])(
    'a user whom %s has handed over and findById does not find is 500, and the log says so',
    async (by) => {
      const { email } = await signUp(team.app, 'known@example.org');
      team.store.findById = async () => null as never;
      const { body } = await (by === 'create' ? register() : login(email)).expect(500);
      expect(body).toEqual(INTERNAL);
      expect(team.lines).toEqual([
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
    await team.store.create({
      login: 'old',
      passwordHash: new FakeHasher(9).encode(PASSWORD, 's'),
      roles: [],
      profile: {},
    });
    team.store.findById = async () => null as never;
    expect((await login('old').expect(500)).body).toEqual(INTERNAL);
    expect(team.lines).toHaveLength(1);
  });

  test('a user who is deleted during the login gets 401, and nothing is logged', async () => {
    const { email } = await signUp(team.app);
    team.store.findById = async (id) => {
      team.store.rows.delete(id);
      return null;
    };
    expect((await login(email).expect(401)).body.code).toBe('invalid_credentials');
    expect(team.lines).toEqual([]);
  });

  test('a user who is disabled or changes the password during the login gets 401', async () => {
    const { email } = await signUp(team.app);
    const row = (await team.store.rows.findByLogin(email)) as AuthUser;
    for (const change of [{ disabledAt: new Date() }, { passwordHash: '$fake$1$s$another' }]) {
      team.store.findById = async () => ({ ...row, ...change }) as never;
      expect((await login(email).expect(401)).body.code).toBe('invalid_credentials');
    }
    expect(team.lines).toEqual([]);
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
      await team.store.create({ login: name, passwordHash, roles: [], profile: {} });
      expect((await login(name).expect(401)).body.code).toBe('invalid_credentials');
    }
    expect(team.events.filter(({ type }) => type === 'password_hash_malformed')).toHaveLength(4);
    expect(team.lines).toEqual([
      expect.stringMatching(/hashes padded with spaces: .*VARCHAR/),
      expect.stringMatching(/hashes of the scheme \$argon2id\$: .*Argon2Hasher/),
    ]);
    expect(team.lines.join()).not.toMatch(/m=19456|c2Fsd|ZGln|\$fake/);
  });
});

describe('an access token that would be too long', () => {
  const many = Array.from({ length: 400 }, (_, i) => `notes:permission:${i}`);

  test('a login whose access token would be too long is 500, the log says why, and no session is made', async () => {
    const { email } = await signUp(team.app);
    team.store.row = (user) => ({ ...user, permissions: many });
    const { body } = await login(email).expect(500);
    expect(body).toEqual({ ...INTERNAL, code: 'invalid_configuration' });
    expect(team.lines).toEqual([
      expect.stringMatching(
        /^invalid_configuration: .* would have \d+ characters, and \d+ is the most\. .* 400 permissions/,
      ),
    ]);
    expect(await sessionsOf(email)).toBe(1);
    expect(team.events.filter(({ type }) => type === 'logged_in')).toHaveLength(1);
  });

  test('a registration whose access token would be too long makes no session, and the log says that the account was created', async () => {
    team.store.row = (user) => ({ ...user, permissions: many });
    expect((await register().expect(500)).body.code).toBe('invalid_configuration');
    expect(team.lines).toEqual([expect.stringMatching(/400 permissions.* The account was created/)]);
    expect(await sessionsOf('ann@example.org')).toBe(0);
  });

  test('an app whose `register.roles` make access tokens too long does not start', async () => {
    const starting = startApp({ options: { register: { roles: many as never } } });
    await expect(starting).rejects.toThrow(/register\.roles makes access tokens longer than 8192 characters/);
  });
});

describe('what the options make of a user', () => {
  test('`profile` and `claims` that contain the password hash are refused, and no answer shows it', async () => {
    await team.app.close();
    await start({ profile: (user) => ({ ...user }) as never });
    const { access } = await signUp(team.app);
    const { text } = await me(access).expect(500);
    expect(text).not.toContain('$fake');
    expect(team.lines).toEqual([
      expect.stringMatching(/^invalid_configuration: profile\(user\) shows the password hash/),
    ]);
    await team.app.close();
    await start({ claims: (user) => ({ user }) as never });
    await register().expect(500);
    expect(team.lines).toEqual([
      expect.stringMatching(/^invalid_configuration: claims\(user\) shows the password hash/),
    ]);
  });
});
