import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { NewUser, UserStore } from '@acme/nest-auth';
import { type Conformance, outcome, race } from '../kit.js';

interface LegacyLogins extends Conformance<UserStore> {
  readonly newUser: (login: string) => NewUser;
  readonly insertLegacy: (login: string) => Promise<unknown>;
  readonly setLogin: boolean;
}

/** Proves a store on a table with logins from before the library, such as `Mixed@Example.org`. */
export function legacyLogins({ test, factory, newUser, insertLegacy, setLogin }: LegacyLogins): void {
  const insert = async () => {
    const tag = randomUUID();
    const stored = `Mixed-${tag}@Example.org`;
    await insertLegacy(stored);
    return { stored, login: stored.toLowerCase() };
  };

  test('UserStore: a login that was stored with capitals is found by its normalised form', async () => {
    const store = await factory();
    const { stored, login } = await insert();
    const found = await store.findByLogin(login);
    assert.equal(found?.login, stored);
    assert.equal((await store.findById(found?.id ?? ''))?.login, stored);
    assert.equal(await store.findByLogin(login.replace('mixed', 'mixéd')), null, 'accents still count');
    assert.equal(await store.findByLogin(login.replace('mixed', 'mi_ed')), null, 'there are no wildcards');
    assert.equal(await store.findByLogin('%'), null, 'there are no wildcards');
  });

  test('UserStore: nobody can register a second account for a login that was stored with capitals', async () => {
    const store = await factory();
    const { stored, login } = await insert();
    const answers = await race(20, () => outcome(store.create(newUser(login)).then(() => 'registered')));
    assert.deepEqual(new Set(answers), new Set(['login_taken']));
    assert.equal((await store.findByLogin(login))?.login, stored);
  });

  test('UserStore: a login that two rows share except for capitals finds nobody and is taken', async () => {
    const store = await factory();
    const { login } = await insert();
    const second = await insertLegacy(login).then(
      () => true,
      () => false, // A unique index refused it.
    );
    if (second) assert.equal(await store.findByLogin(login), null);
    assert.equal(await outcome(store.create(newUser(login)).then(() => 'registered')), 'login_taken');
  });

  test('UserStore: diagnose tells how many logins are not normalised, and the SQL, but no login', async () => {
    const store = await factory();
    const { stored, login } = await insert();
    const warnings = (await store.diagnose?.())?.join('\n') ?? '';
    assert.match(warnings, /Not normalised: [1-9]\d* logins[\s\S]+SELECT/);
    assert.ok(!warnings.includes(stored) && !warnings.includes(login));
  });

  if (!setLogin) return;

  test('UserStore: a login that was stored with capitals can be changed, also into its normalised form', async () => {
    const store = await factory();
    for (const next of [undefined, `${randomUUID()}@example.org`]) {
      const { stored, login } = await insert();
      const { id } = (await store.findByLogin(login)) ?? {};
      assert.ok(id);
      assert.equal(await store.setLogin?.(id, next ?? login, `${stored}x`), false);
      assert.equal(await store.setLogin?.(id, next ?? login, stored), true);
      assert.equal((await store.findById(id))?.login, next ?? login);
      assert.equal((await store.findByLogin(login))?.id, next ? undefined : id);
    }
  });

  test('UserStore: nobody can change to a login that another account has with capitals', async () => {
    const store = await factory();
    const { stored, login } = await insert();
    const other = await store.create(newUser(`${randomUUID()}@example.org`));
    assert.ok(store.setLogin);
    assert.equal(await outcome(store.setLogin(other.id, login, other.login)), 'login_taken');
    assert.equal((await store.findById(other.id))?.login, other.login);
    assert.equal((await store.findByLogin(login))?.login, stored);
  });
}
