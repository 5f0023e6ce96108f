import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { NewUser, UserStore } from '@acme/nest-auth';
import { type Conformance, HOSTILE, HOSTILE_TEXT, outcome, race, refusesOr, unknownIds } from '../kit.js';
import { PAIRS, SPELLINGS } from './look-alikes.js';

interface Logins extends Conformance<UserStore> {
  readonly newUser: (login?: string) => NewUser;
  readonly exactLogins: boolean;
}

type Setter = Required<Pick<UserStore, 'setLogin'>>;

const freshLogin = () => `${randomUUID()}@example.org`;
const isFalse = (answer: unknown) => answer === false;

/** Proves `setLogin`. */
export function logins({ test, factory, newUser, exactLogins }: Logins): void {
  const setUp = async () => {
    const store = await factory();
    assert.ok(store.setLogin, 'the store has setLogin');
    const { id, login } = await store.create(newUser());
    return { store: store as UserStore & Setter, id, login };
  };

  test('UserStore: a changed login finds the user, and the old one is free and finds nobody', async () => {
    const { store, id, login } = await setUp();
    const [next, other] = [freshLogin(), await store.create(newUser())];
    const before = await store.findById(id);
    assert.equal(await store.setLogin(id, next, login), true);
    const after = await store.findById(id);
    assert.deepEqual(
      [after?.id, after?.login, after?.passwordHash, after?.roles],
      [id, next, before?.passwordHash, before?.roles],
    );
    assert.equal((await store.findByLogin(next))?.id, id);
    assert.equal(await store.findByLogin(login), null);
    assert.equal((await store.findByLogin(other.login))?.id, other.id, 'nobody else is changed');
    const successor = await store.create(newUser(login));
    assert.equal((await store.findByLogin(login))?.id, successor.id);
    assert.equal((await store.findByLogin(next))?.id, id);
  });

  test('UserStore: a login is replaced only if it is the one that was read', async () => {
    const { store, id, login } = await setUp();
    const [second, third] = [freshLogin(), freshLogin()];
    assert.equal(await store.setLogin(id, second, third), false);
    assert.equal((await store.findById(id))?.login, login);
    assert.equal(await store.setLogin(id, second, login), true);
    assert.equal(await store.setLogin(id, third, login), false, 'stale');
    assert.equal((await store.findById(id))?.login, second);
    assert.equal(await store.findByLogin(third), null);
  });

  test('UserStore: a login may be replaced by itself', async () => {
    const { store, id, login } = await setUp();
    assert.equal(await store.setLogin(id, login, login), true);
    assert.equal((await store.findByLogin(login))?.id, id);
  });

  test('UserStore: setLogin refuses the login of another account with login_taken, and changes nothing', async () => {
    const { store, id, login } = await setUp();
    const other = await store.create(newUser());
    assert.equal(await outcome(store.setLogin(id, other.login, login)), 'login_taken');
    assert.equal((await store.findById(id))?.login, login);
    assert.equal((await store.findByLogin(login))?.id, id);
    assert.equal((await store.findByLogin(other.login))?.id, other.id);
  });

  test('UserStore: of 50 changes of one login at once, one wins and stays', async () => {
    const { store, id, login } = await setUp();
    const wanted = Array.from({ length: 50 }, freshLogin);
    const won = await race(50, (racer) => store.setLogin(id, wanted[racer] as string, login));
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal((await store.findById(id))?.login, wanted[won.indexOf(true)]);
    const found = await Promise.all([login, ...wanted].map((name) => store.findByLogin(name)));
    assert.deepEqual(
      found.filter((user) => user !== null).map((user) => [user.id, user.login]),
      [[id, wanted[won.indexOf(true)]]],
    );
  });

  test('UserStore: of 20 accounts that change to one login at once, the database lets one through', async () => {
    const { store } = await setUp();
    const login = freshLogin();
    const users = await Promise.all(Array.from({ length: 20 }, () => store.create(newUser())));
    const answers = await Promise.all(users.map((user) => outcome(store.setLogin(user.id, login, user.login))));
    assert.deepEqual([...answers].sort(), [...Array.from({ length: 19 }, () => 'login_taken'), true]);
    assert.equal((await store.findByLogin(login))?.id, users[answers.indexOf(true)]?.id);
    for (const user of users) {
      const isWinner = answers[users.indexOf(user)] === true;
      assert.equal((await store.findById(user.id))?.login, isWinner ? login : user.login);
    }
  });

  test('UserStore: setLogin distinguishes logins that look alike', async () => {
    const { store } = await setUp();
    const prove = async (pair: readonly [string, string]) => {
      const tag = randomUUID();
      const [first, second] = pair.map((name) => `${name}-${tag}`) as [string, string];
      const [{ id }, other] = [await store.create(newUser(first)), await store.create(newUser())];
      assert.equal(await store.setLogin(id, freshLogin(), second), false, `${second} is not ${first}`);
      const answer = await outcome(store.setLogin(other.id, second, other.login));
      if (exactLogins) assert.equal(answer, true, `${second} is free beside ${first}`);
      assert.ok(answer === true || answer === 'login_taken');
      assert.equal((await store.findByLogin(first))?.id, id, `${first} is still found`);
      assert.equal((await store.findByLogin(second))?.id, answer === true ? other.id : undefined);
      if (answer === true) return;
      assert.equal(await store.setLogin(id, second, first), true, `${first} may become ${second}`);
      assert.equal((await store.findByLogin(second))?.id, id);
      assert.equal(await store.findByLogin(first), null);
    };
    await Promise.all(PAIRS.map(prove));
  });

  test('UserStore: setLogin does not accept another spelling of a login: capitals, spaces, full width', async () => {
    const { store } = await setUp();
    const login = `kim-fiancé-${randomUUID()}`;
    const { id } = await store.create(newUser(login));
    for (const spell of SPELLINGS) {
      const done = store.setLogin(id, freshLogin(), spell(login));
      assert.ok(await refusesOr(isFalse, () => done), JSON.stringify(spell(login)));
      assert.equal((await store.findByLogin(login))?.id, id);
    }
  });

  test('UserStore: setLogin of a hostile value changes nothing', async () => {
    const { store, id, login } = await setUp();
    const boxed = [id, login].flatMap((value) => [[value], { toString: () => value }, new String(value)]);
    for (const value of [...HOSTILE, ...HOSTILE_TEXT, '', ...boxed]) {
      const hostile = value as string;
      assert.ok(await refusesOr(isFalse, () => store.setLogin(hostile, freshLogin(), login)), 'the id');
      assert.ok(await refusesOr(isFalse, () => store.setLogin(id, freshLogin(), hostile)), 'replaces');
      const done = await store.setLogin(id, hostile, login).catch(() => false);
      assert.equal((await store.findById(id))?.login, done ? hostile : login, 'the login');
      if (!done) continue;
      assert.ok(typeof value === 'string' && value !== '', 'the login');
      assert.ok(await store.setLogin(id, login, hostile));
    }
    assert.equal((await store.findById(id))?.login, login);
    assert.equal((await store.findByLogin(login))?.id, id);
  });

  test('UserStore: setLogin of an unknown user answers false', async () => {
    const { store, login } = await setUp();
    for (const id of unknownIds()) {
      for (const replaces of [login, freshLogin()]) {
        assert.equal(await store.setLogin(id, freshLogin(), replaces), false, JSON.stringify(id));
      }
    }
    assert.ok(await store.findByLogin(login));
  });
}
