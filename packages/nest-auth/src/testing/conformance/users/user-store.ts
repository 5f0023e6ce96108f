import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { NewUser, UserStore } from '@acme/nest-auth';
import { type Conformance, HOSTILE, HOSTILE_TEXT, outcome, race, refusesOr, unknownIds } from '../kit.js';
import { legacyLogins } from './legacy-logins.js';
import { logins } from './logins.js';
import { lookAlikes } from './look-alikes.js';
import { verifiedAddresses } from './verified-addresses.js';

export interface UserStoreConformance extends Conformance<UserStore> {
  /** Profile fields that the app's table requires. @default {} */
  readonly profile?: Readonly<Record<string, unknown>>;
  /** The roles of the kit's users. Give only one if the table has a column for one role. @default ['editor', 'user'] */
  readonly roles?: readonly string[];
  /** What the table stores for a user without roles, such as the default of a role column. @default [] */
  readonly noRoles?: readonly string[];
  /**
   * Inserts a row with this login without the store, like an import before the library was installed. With it the kit
   * proves that such logins are found although they were never normalised, and that nobody can register a second
   * account with one of them.
   */
  readonly insertLegacy?: (login: string) => Promise<unknown>;
  readonly supports?: {
    /**
     * Whether `jose` and `josé` can both register. A column whose collation treats them as equal refuses the second;
     * the kit then still proves that neither login finds the other account. @default true
     */
    readonly exactLogins?: boolean;
    /** Whether the store has `setEmailVerified`. @default false */
    readonly setEmailVerified?: boolean;
    /** Whether the store has `setLogin`. @default false */
    readonly setLogin?: boolean;
  };
}

/**
 * Proves a `UserStore`.
 *
 * @example
 * ```ts
 * userStoreConformance({ test, factory: () => new MyUserStore(pool) });
 * ```
 */
export function userStoreConformance(options: UserStoreConformance): void {
  const { test, factory, profile = {}, roles = ['editor', 'user'], noRoles = [], insertLegacy } = options;
  const { exactLogins = true, setEmailVerified = false, setLogin = false } = options.supports ?? {};
  const newUser = (login = `${randomUUID()}@example.org`, changes: Partial<NewUser> = {}): NewUser => ({
    login,
    passwordHash: 'hash-1',
    roles: roles.slice(-1),
    profile,
    ...changes,
  });

  test('UserStore: a created user is found by id and by login, as it was given', async () => {
    const store = await factory();
    const given = newUser(undefined, { roles, passwordHash: `$argon2id$${'x'.repeat(240)}` });
    const created = await store.create(given);
    for (const user of [created, await store.findById(created.id), await store.findByLogin(given.login)]) {
      assert.ok(user, 'the user is found');
      assert.equal(typeof user.id, 'string', 'the id is a string');
      assert.equal(user.id, created.id);
      assert.equal(user.login, given.login);
      assert.equal(user.passwordHash, given.passwordHash);
      assert.deepEqual([...user.roles].sort(), [...roles].sort());
      assert.ok(!user.disabledAt, 'a new user is not disabled');
      assert.ok(!user.emailVerifiedAt, 'a new address is not verified');
    }
  });

  test('UserStore: a user may have no password and no role', async () => {
    const store = await factory();
    const created = await store.create(newUser(undefined, { passwordHash: null, roles: [] }));
    const found = await store.findById(created.id);
    assert.equal(found?.passwordHash, null);
    assert.deepEqual(found?.roles, noRoles);
  });

  test('UserStore: an unknown id finds null, whatever it looks like', async () => {
    const store = await factory();
    assert.equal(await store.findByLogin(`${randomUUID()}@example.org`), null);
    for (const id of unknownIds()) {
      assert.equal(await store.findById(id), null, `findById(${JSON.stringify(id)})`);
      assert.equal(await store.setPasswordHash(id, 'hash', null), false, `setPasswordHash(${JSON.stringify(id)})`);
    }
  });

  test('UserStore: a value that is not a string finds nobody and changes nothing', async () => {
    const store = await factory();
    const { id, login } = await store.create(newUser());
    const boxed = [id, login].flatMap((value) => [[value], { toString: () => value }, new String(value)]);
    for (const value of [...HOSTILE, ...HOSTILE_TEXT, ...boxed]) {
      const hostile = value as string;
      assert.ok(
        await refusesOr(
          (user) => user === null,
          () => store.findById(hostile),
        ),
        'findById',
      );
      assert.ok(
        await refusesOr(
          (user) => user === null,
          () => store.findByLogin(hostile),
        ),
        'findByLogin',
      );
      assert.ok(
        await refusesOr(
          (done) => done === false,
          () => store.setPasswordHash(hostile, 'stolen', 'hash-1'),
        ),
        'setPasswordHash(id)',
      );
      const done = await store.setPasswordHash(id, hostile, 'hash-1').catch(() => false);
      assert.equal((await store.findById(id))?.passwordHash, done ? hostile : 'hash-1', 'setPasswordHash(hash)');
      if (done) {
        assert.ok(value === null || typeof value === 'string', 'setPasswordHash(hash)');
        assert.ok(await store.setPasswordHash(id, 'hash-1', hostile));
      }
      assert.ok(
        value === null ||
          (await refusesOr(
            (done) => done === false,
            () => store.setPasswordHash(id, 'stolen', hostile),
          )),
        'setPasswordHash(replaces)',
      );
    }
    assert.equal((await store.findById(id))?.passwordHash, 'hash-1');
  });

  test('UserStore: create stores no hostile value, and nothing else in its place', async () => {
    const store = await factory();
    const create = (changes: object) =>
      store.create({ ...newUser(), ...changes }).then(
        ({ id }) => store.findById(id),
        () => null,
      );
    const prove = async (value: unknown) => {
      const isString = typeof value === 'string';
      const named = await create({ login: value });
      if (named) assert.ok(isString && named.login === value, 'login');
      const hashed = await create({ passwordHash: value });
      if (hashed) assert.equal(hashed.passwordHash, isString ? value : null, 'passwordHash');
      const given = Array.isArray(value) && value.every((role) => typeof role === 'string') ? value : [];
      const withRoles = await create({ roles: value });
      if (withRoles) assert.deepEqual(withRoles.roles, given.length > 0 ? given : noRoles, 'roles');
      const withRole = await create({ roles: [value] });
      if (withRole) assert.ok(isString && withRole.roles.length === 1 && withRole.roles[0] === value, 'a role');
      const user = newUser();
      const found = await create({ ...user, profile: value });
      if (found) assert.deepEqual([found.login, found.passwordHash, found.roles], [user.login, 'hash-1', user.roles]);
    };
    await Promise.all([...HOSTILE, ...HOSTILE_TEXT, [randomUUID()], new String(randomUUID())].map(prove));
    const asText = await create({ roles: 'admin' });
    if (asText) assert.deepEqual(asText.roles, noRoles);
  });

  test('UserStore: a profile never sets what the library decides', async () => {
    const store = await factory();
    const given = newUser();
    const decided = { id: randomUUID(), passwordHash: 'stolen', roles: ['admin'], permissions: ['all'] };
    const found = await store
      .create({ ...given, profile: { ...profile, ...decided, login: 'stolen', emailVerifiedAt: new Date() } })
      .then(
        ({ id }) => store.findById(id),
        () => null,
      );
    if (!found) return;
    assert.deepEqual([found.login, found.passwordHash, found.roles], [given.login, 'hash-1', given.roles]);
    assert.ok(!found.permissions?.length && !found.emailVerifiedAt && !found.disabledAt);
    assert.notEqual(found.id, decided.id);
  });

  test('UserStore: a taken login is refused with login_taken', async () => {
    const store = await factory();
    const login = `${randomUUID()}@example.org`;
    await store.create(newUser(login));
    assert.equal(await outcome(store.create(newUser(login))), 'login_taken');
  });

  test('UserStore: of 20 registrations of one login at once, the database lets one through', async () => {
    const store = await factory();
    const login = `${randomUUID()}@example.org`;
    const answers = await race(20, () => outcome(store.create(newUser(login)).then(({ id }) => `id ${id}`)));
    assert.equal(answers.filter((answer) => answer !== 'login_taken').length, 1);
    assert.equal(
      `id ${(await store.findByLogin(login))?.id}`,
      answers.find((answer) => answer !== 'login_taken'),
    );
  });

  lookAlikes({ test, factory, newUser, exactLogins });
  if (insertLegacy) legacyLogins({ test, factory, newUser, insertLegacy, setLogin });

  test('UserStore: a password hash is replaced only if it is the one that was read', async () => {
    const store = await factory();
    const { id } = await store.create(newUser());
    assert.equal(await store.setPasswordHash(id, 'hash-2', 'not the hash'), false);
    assert.equal(await store.setPasswordHash(id, 'hash-2', null), false);
    assert.equal((await store.findById(id))?.passwordHash, 'hash-1');
    assert.equal(await store.setPasswordHash(id, 'hash-2', 'hash-1'), true);
    assert.equal(await store.setPasswordHash(id, 'hash-3', 'hash-1'), false);
    assert.equal((await store.findById(id))?.passwordHash, 'hash-2');
  });

  test('UserStore: a first password is set only if there is none', async () => {
    const store = await factory();
    const { id } = await store.create(newUser(undefined, { passwordHash: null }));
    assert.equal(await store.setPasswordHash(id, 'hash-2', 'hash-1'), false);
    assert.equal(await store.setPasswordHash(id, 'hash-2', null), true);
    assert.equal((await store.findById(id))?.passwordHash, 'hash-2');
  });

  test('UserStore: a password is removed only if it is the one that was read', async () => {
    const store = await factory();
    const { id } = await store.create(newUser());
    assert.equal(await store.setPasswordHash(id, null, 'not the hash'), false);
    assert.equal((await store.findById(id))?.passwordHash, 'hash-1');
    assert.equal(await store.setPasswordHash(id, null, 'hash-1'), true);
    assert.equal((await store.findById(id))?.passwordHash, null);
  });

  test('UserStore: of 20 password changes at once, one wins and stays', async () => {
    const store = await factory();
    const { id } = await store.create(newUser());
    const won = await race(20, (racer) => store.setPasswordHash(id, `hash of ${racer}`, 'hash-1'));
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal((await store.findById(id))?.passwordHash, `hash of ${won.indexOf(true)}`);
  });

  if (setEmailVerified) verifiedAddresses({ test, factory, newUser });
  else isAbsent('setEmailVerified');
  if (setLogin) logins({ test, factory, newUser, exactLogins });
  else isAbsent('setLogin');

  /** If the store has the method, it must be tested too. */
  function isAbsent(method: 'setEmailVerified' | 'setLogin'): void {
    test(`UserStore: there is no ${method}`, async () => {
      const isThere = (await factory())[method] !== undefined;
      assert.ok(!isThere, `The store has ${method}. Add supports: { ${method}: true } to test it.`);
    });
  }
}
