import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeHasher } from '../../../test/support/fake-hasher.js';
import { MemoryUserStore } from '../../memory/user-store.js';
import { type AuthEvent, AuthEvents } from '../auth-event.js';
import { AttemptLimit } from '../limits/attempt-limit.js';
import { PasswordService } from '../passwords/password-service.js';
import { HashQueue } from '../resilience/hash-queue.js';
import { Authenticator, normaliseLogin } from './authenticator.js';

const DEVICE = { ip: '192.0.2.1', userAgent: null };
const PASSWORD = 'a fine long passphrase';
const OLD = new FakeHasher(1);
const PLENTY = { points: 100, duration: 900 };
const LIMITS = { address: PLENTY, logins: PLENTY, prefix56: PLENTY, prefix48: PLENTY };

let users: MemoryUserStore;
let hasher: FakeHasher;
let events: AuthEvent[];
let authenticator: Authenticator;

beforeEach(async () => {
  users = new MemoryUserStore();
  hasher = new FakeHasher(2);
  events = [];
  const emitter = new AuthEvents(Date.now, () => {});
  emitter.subscribe((event) => events.push(event));
  authenticator = new Authenticator({
    users,
    passwords: new PasswordService({
      hasher,
      accepts: [],
      queue: new HashQueue(4, 10, () => {}),
      minLength: 12,
      maxLength: 256,
    }),
    limit: new AttemptLimit({
      account: { points: 5, duration: 900 },
      ...LIMITS,
      timeout: 1000,
      secret: Buffer.alloc(32, 7),
      events: emitter,
    }),
    events: emitter,
  });
});

const account = (passwordHash: string | null, login = 'ann@example.org') =>
  users.create({ login, passwordHash, roles: [], profile: {} });
const logIn = (password = PASSWORD, login = 'ann@example.org') =>
  authenticator.authenticate({ login, password }, DEVICE);
const refused = expect.objectContaining({
  code: 'invalid_credentials',
  message: 'The login or the password is wrong.',
});
const typesOf = () => events.map(({ type }) => type);

describe('whatever is wrong', () => {
  test.each([
    ['an unknown login', async () => {}],
    ['a wrong password', async () => account(hasher.encode('another passphrase', 's'))],
    ['an account without a password', async () => account(null)],
    [
      'a disabled account and the right password',
      async () => {
        users.update((await account(hasher.encode(PASSWORD, 's'))).id, { disabledAt: new Date() });
      },
    ],
  ])('%s is refused with the same words, after exactly one hash, in one event', async (_, given) => {
    await given();
    const before = hasher.calls;
    await expect(logIn()).rejects.toEqual(refused);
    expect(hasher.calls - before).toBe(1);
    expect(events).toEqual([{ type: 'login_failed', login: 'ann@example.org', device: DEVICE, at: expect.any(Date) }]);
  });

  test.each(['', 'x', '$2b$', '$md5$abc'])('a stored hash of %j is refused like a wrong password', async (damaged) => {
    await account(damaged);
    const before = hasher.calls;
    await expect(logIn()).rejects.toEqual(refused);
    expect(hasher.calls - before).toBe(1);
    expect(typesOf()).toEqual(['password_hash_malformed', 'login_failed']);
  });

  test('attempts are counted before the password is looked at: the right one is refused too, without a hash', async () => {
    await account(hasher.encode(PASSWORD, 's'));
    for (let i = 0; i < 5; i++) await expect(logIn('another passphrase')).rejects.toEqual(refused);
    const before = hasher.calls;
    await expect(logIn()).rejects.toMatchObject({ code: 'too_many_attempts' });
    expect(hasher.calls).toBe(before);
  });
});

test('a user who is found by e-mail and by user name has one budget', async () => {
  const user = await account(hasher.encode(PASSWORD, 's'));
  const findByLogin = users.findByLogin.bind(users);
  users.findByLogin = (login) => findByLogin(login === 'ann' ? user.login : login);
  for (const login of ['ann', user.login, 'ANN ', user.login, 'ann'])
    await expect(logIn('another passphrase', login)).rejects.toEqual(refused);
  for (const login of ['ann', user.login])
    await expect(logIn(PASSWORD, login)).rejects.toMatchObject({ code: 'too_many_attempts' });
});

test('the address is counted before the user is looked up, and both before a hash', async () => {
  const calls: string[] = [];
  const findByLogin = users.findByLogin.bind(users);
  users.findByLogin = (login) => {
    calls.push('look-up');
    return findByLogin(login);
  };
  for (let i = 0; i < PLENTY.points; i++) await expect(logIn(PASSWORD, `user-${i}`)).rejects.toEqual(refused);
  const before = [hasher.calls, calls.length];
  await expect(logIn()).rejects.toMatchObject({ code: 'too_many_attempts' });
  expect([hasher.calls, calls.length]).toEqual(before);
});

test('a login that the queue refuses spends no attempt of its account', async () => {
  const queue = new HashQueue(1, 0, () => {});
  let free: () => void = () => {};
  const running = queue.run(() => new Promise<void>((resolve) => (free = resolve)));
  const emitter = new AuthEvents(Date.now, () => {});
  const passwords = new PasswordService({ hasher, accepts: [], queue, minLength: 12, maxLength: 256 });
  const account = { points: 2, duration: 900 };
  const limit = new AttemptLimit({ account, ...LIMITS, timeout: 1000, secret: Buffer.alloc(32, 7), events: emitter });
  const crowded = new Authenticator({ users, passwords, limit, events: emitter });
  const attempt = () => crowded.authenticate({ login: 'ann@example.org', password: PASSWORD }, DEVICE);
  for (let i = 0; i < 5; i++)
    await expect(attempt()).rejects.toMatchObject({ code: 'overloaded', retryAfter: expect.any(Number) });
  free();
  await running;
  await expect(attempt()).rejects.toEqual(refused);
});

describe('a hash of an older cost', () => {
  test('is replaced by the login that proves the password', async () => {
    const { id } = await account(OLD.encode(PASSWORD, 's'));
    const user = await logIn();
    expect(user.passwordHash).toMatch(/^\$fake\$2\$/);
    expect(await users.findById(id)).toEqual(user);
    expect(typesOf()).toEqual(['password_rehashed']);
  });

  test('is not replaced by a wrong password', async () => {
    const { id, passwordHash } = await account(OLD.encode(PASSWORD, 's'));
    await expect(logIn('another passphrase')).rejects.toEqual(refused);
    expect(await users.findById(id)).toMatchObject({ passwordHash });
  });

  test('a password change that overtakes the rehash wins, and the old password is refused', async () => {
    const { id, passwordHash } = await account(OLD.encode(PASSWORD, 's'));
    const chosen = hasher.encode('the new passphrase', 'n');
    hasher.beforeHash = async () => {
      expect(await users.setPasswordHash(id, chosen, passwordHash)).toBe(true);
    };
    await expect(logIn()).rejects.toEqual(refused);
    expect((await users.findById(id))?.passwordHash).toBe(chosen);
    expect(typesOf()).not.toContain('password_rehashed');
  });

  test('two logins at once both rehash, both succeed, and one hash stays', async () => {
    const { id } = await account(OLD.encode(PASSWORD, 's'));
    let arrived = 0;
    let open = () => {};
    const both = new Promise<void>((resolve) => {
      open = resolve;
    });
    hasher.beforeHash = () => {
      if (++arrived === 2) open();
      return both;
    };
    const [first, second] = await Promise.all([logIn(), logIn()]);
    expect(arrived).toBe(2);
    expect(first.passwordHash).toBe(second.passwordHash);
    expect(await users.findById(id)).toEqual(first);
    expect(typesOf()).toEqual(['password_rehashed']);
  });

  test.each([
    ['deleted', (id: string) => users.delete(id)],
    ['disabled', (id: string) => users.update(id, { disabledAt: new Date() })],
  ])('a user who is %s during the rehash cannot log in', async (_, change) => {
    const { id } = await account(OLD.encode(PASSWORD, 's'));
    hasher.beforeHash = () => change(id);
    await expect(logIn()).rejects.toEqual(refused);
  });
});

describe('the one form of a login', () => {
  test.each([
    ['Ann@Example.ORG', 'ann@example.org'],
    ['  ann@example.org\t', 'ann@example.org'],
    ['\u00a0ann@example.org\u3000', 'ann@example.org'],
    ['ann＠example．org', 'ann@example.org'],
    ['\u212aim@example.org', 'kim@example.org'], // Kelvin sign
    ['\u212bsa@example.org', 'åsa@example.org'], // Ångström sign
    ['ﬁn@example.org', 'fin@example.org'],
    ['cafe\u0301@example.org', 'café@example.org'],
    ['𝒶𝓃𝓃@example.org', 'ann@example.org'],
    ['İ@example.org', 'i̇@example.org'],
    ['аnn@example.org', 'аnn@example.org'], // a Cyrillic а is another letter, and stays one
  ])('%j is %j', (login, normalised) => {
    expect(normaliseLogin(login)).toBe(normalised);
  });

  test.each([
    ['nothing', ''],
    ['spaces', ' \t\u3000'],
    ['a zero-width space', 'ann\u200b@example.org'],
    ['a zero-width joiner', 'a\u200dnn@example.org'],
    ['a soft hyphen', 'a\u00adnn@example.org'],
    ['a byte order mark inside', 'a\ufeffnn@example.org'],
    ['a right-to-left override', 'a\u202enn@example.org'],
    ['a combining grapheme joiner', 'a\u034fnn@example.org'],
    ['a variation selector', 'a\ufe0fnn@example.org'],
    ['a Hangul filler', 'a\u3164nn@example.org'],
    ['NUL', 'ann\0@example.org'],
    ['CR and LF', 'ann\r\nBcc: x@example.org'],
    ['a line separator', 'ann\u2028forged line'],
    ['a lone surrogate', 'ann\ud800@example.org'],
    ['255 characters', 'x'.repeat(255)],
  ])('%s is refused', (_, login) => {
    expect(() => normaliseLogin(login)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  test('normalising twice changes nothing, whatever the character', () => {
    const unstable: string[] = [];
    for (let point = 0x20; point < 0x20000; point++) {
      const login = `a${String.fromCodePoint(point)}b`;
      try {
        const once = normaliseLogin(login);
        if (normaliseLogin(once) !== once) unstable.push(point.toString(16));
      } catch {
        // Refused: nothing to compare.
      }
    }
    expect(unstable).toEqual([]);
  });
});
