import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { NewUser, UserStore } from '@acme/nest-auth';
import { type Conformance, HOSTILE, HOSTILE_TEXT, race, refusesOr, unknownIds } from '../kit.js';
import { PAIRS, SPELLINGS } from './look-alikes.js';

interface VerifiedAddresses extends Conformance<UserStore> {
  readonly newUser: (login?: string) => NewUser;
}

type Verifier = Required<Pick<UserStore, 'setEmailVerified'>>;

/** Whole seconds, because the app's column may have no more. */
const AT = new Date('2030-01-02T03:04:05Z');
const isFalse = (answer: unknown) => answer === false;

/** Proves `setEmailVerified`. */
export function verifiedAddresses({ test, factory, newUser }: VerifiedAddresses): void {
  const setUp = async (address?: string) => {
    const store = await factory();
    assert.ok(store.setEmailVerified, 'the store has setEmailVerified');
    const { id, login } = await store.create(newUser(address));
    const isVerified = async () => Boolean((await store.findById(id))?.emailVerifiedAt);
    return { store: store as UserStore & Verifier, id, login, isVerified };
  };

  test('UserStore: setEmailVerified marks the address of one user, and leaves the rest as it was', async () => {
    const { store, id, login } = await setUp();
    const other = await store.create(newUser());
    const before = await store.findById(id);
    assert.equal(await store.setEmailVerified(id, login, AT), true);
    for (const user of [await store.findById(id), await store.findByLogin(login)]) {
      assert.deepEqual(user?.emailVerifiedAt, AT);
      const { login: name, passwordHash, roles, permissions, disabledAt } = user as NonNullable<typeof user>;
      assert.deepEqual(
        [name, passwordHash, roles, permissions, disabledAt],
        [before?.login, before?.passwordHash, before?.roles, before?.permissions, before?.disabledAt],
      );
    }
    assert.ok(!(await store.findById(other.id))?.emailVerifiedAt, 'nobody else is verified');
  });

  test('UserStore: an address can be verified again, and by many at once', async () => {
    const { store, id, login } = await setUp();
    const again = new Date(AT.getTime() + 60_000);
    const answers = await race(20, () => store.setEmailVerified(id, login, AT));
    assert.deepEqual(new Set(answers), new Set([true]));
    assert.equal(await store.setEmailVerified(id, login, again), true);
    assert.deepEqual((await store.findById(id))?.emailVerifiedAt, again);
  });

  test('UserStore: setEmailVerified changes nothing if it is not, or no longer, the address of the user', async () => {
    const { store, id, login, isVerified } = await setUp();
    const other = await store.create(newUser());
    for (const address of [`${randomUUID()}@example.org`, other.login, `x${login}`, `${login}x`, '%', '_']) {
      assert.equal(await store.setEmailVerified(id, address, AT), false, address);
    }
    assert.ok(!(await isVerified()));
    if (!store.setLogin) return;
    assert.equal(await store.setLogin(id, `${randomUUID()}@example.org`, login), true);
    assert.equal(await store.setEmailVerified(id, login, AT), false, 'the address from before');
    assert.ok(!(await isVerified()));
  });

  test('UserStore: a login that is not an address is never verified', async () => {
    const { store, id, login, isVerified } = await setUp(randomUUID());
    assert.equal(await store.setEmailVerified(id, login, AT), false);
    assert.ok(!(await isVerified()));
  });

  test('UserStore: setEmailVerified distinguishes addresses that look alike', async () => {
    const store = (await factory()) as UserStore & Verifier;
    const prove = async (address: string, others: readonly string[]) => {
      const { id } = await store.create(newUser(address));
      for (const other of others) {
        assert.ok(await refusesOr(isFalse, () => store.setEmailVerified(id, other, AT)), JSON.stringify(other));
      }
      assert.ok(!(await store.findById(id))?.emailVerifiedAt, address);
    };
    const ofPair = (pair: readonly [string, string]) => {
      const tag = randomUUID();
      const [first, second] = pair.map((name) => `${name}-${tag}@example.org`) as [string, string];
      return prove(first, [second]);
    };
    const spelled = `kim-fiancé-${randomUUID()}@example.org`;
    await Promise.all([
      ...PAIRS.map(ofPair),
      prove(
        spelled,
        SPELLINGS.map((spell) => spell(spelled)),
      ),
    ]);
  });

  test('UserStore: setEmailVerified with a hostile value changes nothing', async () => {
    const { store, id, login, isVerified } = await setUp();
    const boxed = [id, login].flatMap((value) => [[value], { toString: () => value }, new String(value)]);
    for (const value of [...HOSTILE, ...HOSTILE_TEXT, '', ...boxed]) {
      const hostile = value as string;
      assert.ok(await refusesOr(isFalse, () => store.setEmailVerified(hostile, login, AT)), 'the id');
      assert.ok(await refusesOr(isFalse, () => store.setEmailVerified(id, hostile, AT)), 'the address');
    }
    const times = [AT.toISOString(), AT.getTime(), '2030-01-02', { valueOf: () => AT.getTime() }, new Date(Number.NaN)];
    for (const value of [...HOSTILE, ...HOSTILE_TEXT, '', ...times]) {
      assert.ok(await refusesOr(isFalse, () => store.setEmailVerified(id, login, value as Date)), 'the time');
    }
    assert.ok(!(await isVerified()));
    assert.equal((await store.findById(id))?.login, login);
  });

  test('UserStore: setEmailVerified of an unknown user answers false', async () => {
    const { store, login, isVerified } = await setUp();
    for (const id of unknownIds()) assert.equal(await store.setEmailVerified(id, login, AT), false, JSON.stringify(id));
    assert.ok(!(await isVerified()));
  });
}
