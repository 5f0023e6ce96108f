import { afterEach, describe, expect, test } from '@jest/globals';
import { SECRETS } from '../../../test/support/app.js';
import type { AuthFeature } from '../../features/feature.js';
import { BcryptHasher } from '../../hashers/bcrypt-hasher.js';
import { ConsoleMailer } from '../../mailers/console-mailer.js';
import { memoryStores } from '../../memory/memory-stores.js';
import type { AuthOptions } from './auth-options.js';
import { resolveSettings } from './auth-settings.js';

const { NODE_ENV } = process.env;
afterEach(() => {
  process.env.NODE_ENV = NODE_ENV;
});

const options = (changes: object = {}) =>
  ({ ...memoryStores(), secrets: SECRETS, ...changes }) as unknown as AuthOptions;

function refusal(given: unknown, features: readonly AuthFeature[] = []): string {
  try {
    resolveSettings(given as AuthOptions, features);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_configuration' });
    return (error as Error).message;
  }
  return 'accepted';
}

test('the defaults are the documented ones', () => {
  expect(resolveSettings(options(), [])).toMatchObject({
    ttl: { access: 900, refresh: 30 * 86_400, session: 90 * 86_400, grace: 60 },
    clockTolerance: 5,
    revocation: 'immediate',
    sessions: { max: 100, whenFull: 'end-oldest' },
    transport: 'bearer',
    cookies: {
      access: '__Host-Http-access',
      refresh: '__Host-Http-refresh',
      sameSite: 'lax',
      secure: true,
      origins: [],
    },
    loginField: 'email',
    storeTimeout: 5,
    password: { minLength: 12, maxLength: 256, hasher: { cost: 12 } },
    throttle: {
      account: { points: 10, duration: 900 },
      address: { points: 100, duration: 900 },
      logins: { points: 1000, duration: 900 },
      prefix56: { points: 1000, duration: 900 },
      prefix48: { points: 4000, duration: 900 },
    },
    register: { roles: [] },
  });
});

test('every problem is named at once, each with its option and its remedy', () => {
  const message = refusal({
    secrets: { access: 'short', refresh: 'changeme'.repeat(5) },
    ttl: { access: '15', refresh: '1h', session: '30m' },
    clockTolerance: 120,
    password: { minLength: 4, hasher: {} },
    revocation: 'never',
    jwtSecret: 'x',
  });
  const lines = message.split('\n');
  expect(lines[0]).toBe('AuthModule cannot start:');
  for (const [option, remedy] of [
    ['userStore', /pass your own, or \.\.\.memoryStores\(\)/],
    ['secrets.access', /is shorter than 32 bytes; make one with: node -p/],
    ['secrets.refresh', /make one with: node -p/],
    ['ttl.access', /write a number and a unit, such as '15m'/],
    ['ttl.refresh', /is longer than ttl\.session/],
    ['clockTolerance', /it must be 0 to 60/],
    ['password.minLength', /it must be 8 to 64/],
    ['password.hasher', /lacks hash, verify, recognises, needsRehash; write new BcryptHasher\(\), or extend it/],
    ['revocation', /must be 'immediate', 'strict' or 'eventual'/],
    ['jwtSecret', /is not an option; choose from userStore, /],
  ] as const) {
    expect(lines.filter((line) => line.startsWith(`  - ${option} `)).join()).toMatch(remedy);
  }
});

test('a given clockTolerance lengthens the grace window; the default tolerance does not', () => {
  expect(resolveSettings(options({ ttl: { grace: '1s' } }), []).ttl.grace).toBe(1);
  expect(resolveSettings(options({ ttl: { grace: '1s' }, clockTolerance: '60s' }), []).ttl.grace).toBe(61);
});

test('the wider budgets grow with the one of an address, unless they are given', () => {
  const throttle = { address: { points: 5000, duration: '1h' }, prefix48: { points: 7, duration: 60 } };
  expect(resolveSettings(options({ throttle }), []).throttle).toMatchObject({
    logins: { points: 50_000, duration: 3600 },
    prefix56: { points: 50_000, duration: 3600 },
    prefix48: { points: 7, duration: 60 },
  });
});

describe('a configuration that would be weak or wrong is refused', () => {
  test.each<[string, object, RegExp]>([
    [
      'access tokens of 15 minutes in milliseconds',
      { ttl: { access: 900_000 } },
      /ttl\.access is 900000 seconds, which looks like milliseconds; did you mean 900\?/,
    ],
    ['30 days in milliseconds', { ttl: { refresh: 2_592_000_000 } }, /ttl\.refresh/],
    [
      'a number in a string, which `ms` reads as milliseconds',
      { ttl: { access: '900' } },
      /ttl\.access is '900'; write a number and a unit/,
    ],
    ['access tokens of a week', { ttl: { access: '7d' } }, /ttl\.access is 604800 seconds; it must be 1 to 86400/],
    ['no lifetime at all', { ttl: { access: 0 } }, /ttl\.access/],
    ['NaN', { ttl: { access: Number.NaN } }, /ttl\.access is NaN/],
    ['infinity', { clockTolerance: Number.POSITIVE_INFINITY }, /clockTolerance is Infinity/],
    ['a tolerance above a minute', { clockTolerance: '2m' }, /clockTolerance is 120 seconds/],
    ['a grace of an hour', { ttl: { grace: '1h' } }, /ttl\.grace is 3600 seconds; it must be 0 to 600/],
    [
      'access tokens that outlive refresh tokens',
      { ttl: { access: '1h', refresh: '30m' } },
      /ttl\.access is not shorter than ttl\.refresh/,
    ],
    [
      'one secret for both',
      { secrets: { access: SECRETS.access, refresh: SECRETS.access } },
      /secrets\.refresh equals secrets\.access/,
    ],
    [
      'a static option in what the factory returns',
      { globalGuard: false },
      /globalGuard shapes the module; write it beside useFactory/,
    ],
    [
      'a cookie that no browser could send',
      { transport: 'cookie', cookies: { refresh: 'refresh token' } },
      /cookies\.refresh is not a valid cookie name; write '__Host-refresh', for example/,
    ],
    ['cookies without an effect', { cookies: { sameSite: 'strict' } }, /cookies is given, and transport is 'bearer'/],
    [
      'two cookies of one name',
      { transport: 'both', cookies: { access: 'token', refresh: 'token' } },
      /cookies\.refresh is the name of cookies\.access too/,
    ],
    [
      'a cookie with the name that the other has by default',
      { transport: 'both', cookies: { access: '__Host-Http-refresh' } },
      /cookies\.refresh is the name of cookies\.access too/,
    ],
    [
      'an origin whose pages anybody on the way can change',
      { transport: 'both', cookies: { origins: ['http://localhost:5173', 'http://app.example.org'] } },
      /cookies\.origins has http:\/\/app\.example\.org, whose pages anybody on the way can change; write https:/,
    ],
    [
      'a prefix that browsers take with TLS alone',
      { transport: 'both', cookies: { access: '__host-access', secure: false } },
      /cookies\.access has a prefix that browsers take with `secure` alone/,
    ],
    [
      'cookies for every site without TLS',
      { transport: 'both', cookies: { sameSite: 'none', secure: false, origins: ['https://app.example.org'] } },
      /cookies\.sameSite is 'none' without cookies\.secure, which no browser takes/,
    ],
    [
      'cookies for every site that the app does not know',
      { transport: 'both', cookies: { sameSite: 'none' } },
      /cookies\.sameSite is 'none' without cookies\.origins; list the origins of the pages/,
    ],
    [
      'an origin with a path',
      { transport: 'both', cookies: { origins: ['https://app.example.org/'] } },
      /cookies\.origins\[0\] is not a valid origin; write 'https:\/\/app\.example\.org', without a path/,
    ],
    [
      'one role that is not in a list',
      { register: { roles: 'user' } },
      /register\.roles is a string; write \['user'\]/,
    ],
    [
      'a role without a name',
      { register: { roles: [''] } },
      /register\.roles\[0\] is empty \(is the environment variable set\?\); write 'user'/,
    ],
    [
      'roles that no token could hold',
      { register: { roles: Array.from({ length: 400 }, (_, i) => `a role of many: ${i}`) } },
      /register\.roles makes access tokens longer than 8192 characters/,
    ],
    ['a misspelt option', { sesionStore: {} }, /sesionStore is not an option/],
    [
      'a misspelt option inside another',
      { ttl: { acess: '1m' } },
      /ttl\.acess is not an option; choose from access, refresh, session/,
    ],
    ['a store that lacks methods', { sessionStore: { create() {} } }, /sessionStore lacks find, advance/],
    [
      'a limit of no attempts',
      { throttle: { account: { points: 0, duration: '15m' } } },
      /throttle\.account\.points is 0/,
    ],
    [
      'a limit of endless attempts',
      { throttle: { account: { points: Number.POSITIVE_INFINITY, duration: '15m' } } },
      /throttle\.account\.points is Infinity/,
    ],
    ['no session at all', { sessions: { max: 0 } }, /sessions\.max is 0; it must be 1 to 10000/],
    ['endless sessions', { sessions: { max: Number.POSITIVE_INFINITY } }, /sessions\.max is Infinity/],
    ['half a session', { sessions: { max: 1.5 } }, /sessions\.max is 1\.5/],
    [
      'a full house that nobody knows what to do with',
      { sessions: { whenFull: 'end-newest' } },
      /sessions\.whenFull must be 'end-oldest' or 'refuse'/,
    ],
    ['a misspelt limit', { sessions: { maximum: 5 } }, /sessions\.maximum is not an option; choose from max, whenFull/],
    ['a limit without its duration', { throttle: { address: { points: 5 } } }, /throttle\.address\.duration/],
    ['an unbounded hash queue', { password: { queue: Number.POSITIVE_INFINITY } }, /password\.queue is Infinity/],
    ['unbounded hashing', { password: { concurrency: 1000 } }, /password\.concurrency is 1000; it must be 1 to 64/],
    ['passwords of 4096 characters and more', { password: { maxLength: 1_000_000 } }, /password\.maxLength/],
    ['a login field named password', { loginField: 'password' }, /loginField/],
    ['a login field of the prototype', { loginField: '__proto__' }, /loginField/],
    ['an empty issuer', { issuer: '' }, /issuer is empty \(is the environment variable set\?\);/],
    ['an empty time', { ttl: { access: '' } }, /ttl\.access is empty \(is the environment variable set\?\);/],
    [
      'an empty audience',
      { audience: ['api', ''] },
      /audience\[1\] is empty \(is the environment variable set\?\); write the name of the API, or leave it out/,
    ],
    [
      'secrets that are missing',
      { secrets: undefined },
      /secrets\.access is missing[\s\S]*secrets\.refresh is missing/,
    ],
    ['a timeout of none', { storeTimeout: 0 }, /storeTimeout is 0 seconds; it must be 1 to 60/],
  ])('%s', (_, changes, problem) => {
    expect(refusal(options(changes))).toMatch(problem);
  });

  test.each([undefined, null])('a factory that returns %p', (nothing) => {
    expect(refusal(nothing)).toMatch(/options are missing; return them from useFactory/);
  });

  class PgUserStore {
    findById() {}
  }
  test.each<[string, object, string]>([
    [
      'a store as a class',
      { userStore: PgUserStore },
      'userStore is the class PgUserStore, not an instance; add inject: [PgUserStore]',
    ],
    [
      'a store as a promise',
      { userStore: Promise.resolve({}) },
      'userStore is a promise; await it in an async useFactory',
    ],
    [
      'a store as a string',
      { sessionStore: 'SESSIONS' },
      'sessionStore is a string; if it is an injection token, list it in inject',
    ],
    ['a store as a token', { ephemeralStore: Symbol('X') }, 'ephemeralStore is a symbol; if it is an injection token'],
    [
      'a store as a function',
      { userStore: () => ({}) },
      'userStore is a function; pass an object that has the methods',
    ],
    ['a store as a list', { userStore: [] }, 'userStore lacks findById, findByLogin, create, setPasswordHash'],
    [
      'a credential store without methods',
      { credentialStore: { create() {}, find() {} } },
      'credentialStore lacks list, update, delete, deleteAll',
    ],
    ['a mailer as a class', { mailer: PgUserStore }, 'mailer is the class PgUserStore, not an instance'],
    ['a mailer that cannot send', { mailer: {} }, 'mailer lacks send'],
    [
      'a hasher as a class',
      { password: { hasher: BcryptHasher } },
      'password.hasher is the class BcryptHasher, not an instance; write new BcryptHasher()',
    ],
    [
      'a hasher among those accepted',
      { password: { accepts: [BcryptHasher] } },
      'password.accepts[0] is the class BcryptHasher',
    ],
    [
      'accepted hashers without a list',
      { password: { accepts: new BcryptHasher() } },
      'password.accepts is an object; write [',
    ],
    ['secrets as a string', { secrets: SECRETS.access }, 'secrets is a string; write { access, refresh }'],
    ['a ttl for everything', { ttl: '15m' }, 'ttl is a string; write { access, refresh, session'],
    [
      'a throttle that is off',
      { throttle: false },
      'throttle is false; write { account, address, logins, prefix56 … }',
    ],
    ['a throttle of null', { throttle: null }, 'throttle is null'],
    ['a password of a string', { password: 'x' }, 'password is a string'],
    ['a limiter that was made', { throttle: { limiter: {} } }, 'throttle.limiter is an object; write (options) =>'],
    ['claims that are no function', { claims: { tenant: 1 } }, 'claims is an object; write (user) =>'],
    ['a profile that is no function', { profile: 'name' }, 'profile is a string; write (user) =>'],
    ['a clock that stands', { clock: 5 }, 'clock is a number; write a function'],
    ['a schema by its name', { register: { schema: 'User' } }, 'register.schema is a string; pass a Standard Schema'],
    [
      'origins as a string',
      { transport: 'both', cookies: { origins: 'https://a.example' } },
      'cookies.origins is a string; write [',
    ],
    ['a cookie that is a number', { transport: 'both', cookies: { access: 1 } }, 'cookies.access is a number'],
    ['a login field in a list', { loginField: ['email'] }, 'loginField is a list'],
    [
      'a number of the environment',
      { password: { minLength: '12' } },
      'password.minLength is a string; write a number from 8 to 64',
    ],
    [
      'housekeeping that is on',
      { housekeeping: true },
      'housekeeping is true; leave it out for the default, or write false',
    ],
  ])('%s', (_, changes, problem) => {
    const lines = refusal(options(changes)).split('\n');
    expect(lines).toEqual(['AuthModule cannot start:', expect.stringContaining(problem)]);
  });

  test.each(['options', [], () => ({})])('options that are not an object: %p', (given) => {
    expect(refusal(given)).toMatch(/options are a (string|list|function); return an object from useFactory/);
  });

  describe('an environment variable that is not set', () => {
    const MISSING = (name: string) =>
      `  - secrets.${name} is missing (is the environment variable set?); make one with: node -p "crypto.randomBytes(32).toString('base64url')".`;
    test.each([undefined, '', null, [undefined], [''], { secret: '' }, { secret: undefined }])(
      'is named as that: %p',
      (unset) => {
        expect(
          refusal(options({ secrets: { ...SECRETS, access: unset } }))
            .split('\n')
            .slice(1),
        ).toEqual([MISSING('access')]);
        if (typeof unset === 'object' && unset && !Array.isArray(unset)) return;
        expect(
          refusal(options({ secrets: { ...SECRETS, refresh: unset } }))
            .split('\n')
            .slice(1),
        ).toEqual([MISSING('refresh')]);
        expect(
          refusal(options({ secrets: { access: unset, refresh: unset } }))
            .split('\n')
            .slice(1),
        ).toEqual([MISSING('access'), MISSING('refresh')]);
      },
    );

    test("as in the README's first snippet", () => {
      const { AUTH_ACCESS_SECRET_UNSET: access = '', AUTH_REFRESH_SECRET_UNSET: refresh = '' } = process.env;
      expect(
        refusal(options({ secrets: { access, refresh } }))
          .split('\n')
          .slice(1),
      ).toEqual([MISSING('access'), MISSING('refresh')]);
    });
  });

  test('bcrypt of cost 9', () => {
    expect(() => options({ password: { hasher: new BcryptHasher({ cost: 9 }) } })).toThrow(
      /bcrypt cost is 9; use 10 to 16/,
    );
  });

  test("a store that lacks what a feature needs, by the feature's name", () => {
    const feature: AuthFeature = { name: 'magic', needs: { userStore: ['findByBadge'], mailer: true } };
    const message = refusal(options(), [feature]);
    expect(message).toMatch(/userStore: the feature 'magic' needs it to have findByBadge/);
    expect(message).toMatch(/mailer: the feature 'magic' needs one; pass it beside userStore/);
  });

  test.each([
    ['no store', { userStore: undefined }, ['userStore', 'mailer']],
    ['a mailer that cannot send', { mailer: {} }, ['mailer', 'userStore']],
  ])('%s, and what a feature needs of the others, each option once', (_what, changes, named) => {
    const feature: AuthFeature = { name: 'magic', needs: { userStore: ['findByBadge'], mailer: true } };
    const lines = refusal(options(changes), [feature]).split('\n').slice(1);
    expect(lines.map((line) => /\w+/.exec(line)?.[0])).toEqual(named);
  });
});

test('cookies without TLS are refused in production, and accepted elsewhere', () => {
  const settings = options({ transport: 'cookie', cookies: { secure: false } });
  expect(refusal(settings)).toBe('accepted');
  process.env.NODE_ENV = 'production';
  expect(refusal(settings)).toContain('cookies.secure is false in production');
});

test('a mailer for development is refused in production, and accepted elsewhere', () => {
  const settings = options({ mailer: new ConsoleMailer() });
  expect(refusal(settings)).toBe('accepted');
  process.env.NODE_ENV = 'production';
  expect(refusal(settings)).toContain('mailer is for development');
});

test('what a feature refuses is reported with everything else', () => {
  const feature: AuthFeature = { name: 'pin', problem: () => 'pin() is for development' };
  const lines = refusal(options({ housekeeping: true as never }), [feature]).split('\n');
  expect(lines.slice(1)).toEqual([
    expect.stringContaining('housekeeping is true'),
    '  - features: pin() is for development.',
  ]);
  expect(refusal(options(), [{ ...feature, problem: () => undefined }])).toBe('accepted');
});

describe('memory stores in production', () => {
  test('are refused, each by name, defaults included', () => {
    process.env.NODE_ENV = 'production';
    const { userStore } = memoryStores();
    const feature: AuthFeature = { name: 'magic', needs: { ephemeralStore: true, credentialStore: true } };
    const message = refusal({ userStore, secrets: SECRETS }, [feature]);
    for (const port of ['userStore', 'sessionStore', 'ephemeralStore', 'credentialStore']) {
      expect(message).toContain(`${port} keeps everything in memory`);
    }
  });

  test('are accepted for ports that no feature needs', () => {
    process.env.NODE_ENV = 'production';
    const message = refusal({ userStore: memoryStores().userStore, secrets: SECRETS }, [{ name: 'magic', needs: {} }]);
    expect(message).not.toMatch(/ephemeralStore|credentialStore/);
  });

  test('are accepted when asked for by name, and elsewhere', () => {
    process.env.NODE_ENV = 'production';
    expect(refusal({ ...memoryStores({ allowInProduction: true }), secrets: SECRETS })).toBe('accepted');
    process.env.NODE_ENV = 'development';
    expect(refusal(options())).toBe('accepted');
  });
});

test.each([
  { access: 'hunter2-hunter2', refresh: 'letmein-letmein' },
  { access: `${'hunter2-'.repeat(6)}`, refresh: `${'letmein-'.repeat(6)}` },
  { access: 'changeme-hunter2-0123456789-abcdefghij', refresh: 'your-secret-letmein-0123456789-abcdefghij' },
  { access: 'hunter2-hq8Zt3Lw0Xc5Vb7Nn1Mm4Kk6', refresh: 'hunter2-hq8Zt3Lw0Xc5Vb7Nn1Mm4Kk6' },
  { access: { alg: 'RS256', privateKey: 'hunter2 is no PEM' }, refresh: ['letmein'] },
])('a refusal never repeats a secret', (secrets) => {
  const message = refusal(options({ secrets }));
  expect(message).toContain('secrets.');
  expect(message).not.toMatch(/hunter2|letmein/);
});
