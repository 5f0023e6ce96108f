import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { NewUser, UserStore } from '@acme/nest-auth';
import { type Conformance, HOSTILE, outcome, race, refusesOr } from './kit.js';

export interface UserStoreConformance extends Conformance<UserStore> {
  /** Profile fields that the app's table requires. @default {} */
  readonly profile?: Readonly<Record<string, unknown>>;
}

/**
 * Proves a `UserStore`.
 *
 * @example
 * ```ts
 * userStoreConformance({ test, factory: () => new MyUserStore(pool) });
 * ```
 */
export function userStoreConformance({ test, factory, profile = {} }: UserStoreConformance): void {
  const newUser = (login = `${randomUUID()}@example.org`, changes: Partial<NewUser> = {}): NewUser => ({
    login,
    passwordHash: 'hash-1',
    roles: ['user'],
    profile,
    ...changes,
  });

  test('UserStore: a created user is found by id and by login, as it was given', async () => {
    const store = await factory();
    const given = newUser(undefined, { roles: ['editor', 'user'], passwordHash: `$argon2id$${'x'.repeat(240)}` });
    const created = await store.create(given);
    for (const user of [created, await store.findById(created.id), await store.findByLogin(given.login)]) {
      assert.ok(user, 'the user is found');
      assert.equal(typeof user.id, 'string', 'the id is a string');
      assert.equal(user.id, created.id);
      assert.equal(user.login, given.login);
      assert.equal(user.passwordHash, given.passwordHash);
      assert.deepEqual([...user.roles].sort(), ['editor', 'user']);
      assert.ok(!user.disabledAt, 'a new user is not disabled');
      assert.ok(!user.emailVerifiedAt, 'a new address is not verified');
    }
  });

  test('UserStore: a user may have no password and no role', async () => {
    const store = await factory();
    const created = await store.create(newUser(undefined, { passwordHash: null, roles: [] }));
    const found = await store.findById(created.id);
    assert.equal(found?.passwordHash, null);
    assert.deepEqual(found?.roles, []);
  });

  test('UserStore: who is not there is null, whatever the id looks like', async () => {
    const store = await factory();
    assert.equal(await store.findByLogin(`${randomUUID()}@example.org`), null);
    for (const id of [
      randomUUID(),
      '0',
      '-1',
      '999999999',
      '99999999999999999999',
      '1e3',
      'x',
      '',
      "' OR 1=1 --",
      'ü',
    ]) {
      assert.equal(await store.findById(id), null, `findById(${JSON.stringify(id)})`);
      assert.equal(await store.setPasswordHash(id, 'hash', null), false, `setPasswordHash(${JSON.stringify(id)})`);
    }
  });

  test('UserStore: whatever is not a string finds nobody and changes nothing', async () => {
    const store = await factory();
    const { id } = await store.create(newUser());
    for (const value of HOSTILE) {
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
    }
    assert.equal((await store.findById(id))?.passwordHash, 'hash-1');
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

  test('UserStore: logins are compared exactly: accents, letters that look alike, and long ones', async () => {
    const store = await factory();
    const tag = randomUUID();
    const logins = ['jose', 'josé', 'strasse', 'straße', 'ı', 'i', '用户', '🙂', 'a_b', 'axb', '%', "o'neil"].map(
      (name) => `${name}-${tag}`,
    );
    logins.push(`${'x'.repeat(254 - tag.length)}${tag}`);
    const ids = new Map<string, string>();
    for (const login of logins) ids.set(login, (await store.create(newUser(login))).id);
    for (const login of logins) assert.equal((await store.findByLogin(login))?.id, ids.get(login), login);
    assert.equal(new Set(ids.values()).size, logins.length);
  });

  test('UserStore: a password hash is replaced only where it is the one that was read', async () => {
    const store = await factory();
    const { id } = await store.create(newUser());
    assert.equal(await store.setPasswordHash(id, 'hash-2', 'not the hash'), false);
    assert.equal(await store.setPasswordHash(id, 'hash-2', null), false);
    assert.equal((await store.findById(id))?.passwordHash, 'hash-1');
    assert.equal(await store.setPasswordHash(id, 'hash-2', 'hash-1'), true);
    assert.equal(await store.setPasswordHash(id, 'hash-3', 'hash-1'), false);
    assert.equal((await store.findById(id))?.passwordHash, 'hash-2');
  });

  test('UserStore: a first password is set only where there is none', async () => {
    const store = await factory();
    const { id } = await store.create(newUser(undefined, { passwordHash: null }));
    assert.equal(await store.setPasswordHash(id, 'hash-2', 'hash-1'), false);
    assert.equal(await store.setPasswordHash(id, 'hash-2', null), true);
    assert.equal((await store.findById(id))?.passwordHash, 'hash-2');
  });

  test('UserStore: of 20 password changes at once, one wins and stays', async () => {
    const store = await factory();
    const { id } = await store.create(newUser());
    const won = await race(20, (racer) => store.setPasswordHash(id, `hash of ${racer}`, 'hash-1'));
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal((await store.findById(id))?.passwordHash, `hash of ${won.indexOf(true)}`);
  });
}
