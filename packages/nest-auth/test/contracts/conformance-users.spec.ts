import { memoryStores, type NewUser, type UserStore } from '@acme/nest-auth';
import { userStoreConformance } from '@acme/nest-auth/testing';
import { describe, expect, test } from '@jest/globals';
import { changed, failuresOf, turn } from '../support/contracts/broken-store.js';

/** The promises that a user store breaks, by the titles of the kit's tests. */
function brokenUsers(change: (honest: UserStore) => Partial<UserStore>): Promise<string[]> {
  const honest: UserStore = memoryStores().userStore;
  const store = changed(honest, change(honest));
  const supports = { setEmailVerified: true, setLogin: true };
  return failuresOf((test) => userStoreConformance({ test, factory: () => store, supports }));
}

type Setters = Required<Pick<UserStore, 'setEmailVerified' | 'setLogin'>>;

describe('the kit for users', () => {
  const LOOK_ALIKE =
    'UserStore: a login never finds the account of one that looks like it: accents, ß, other alphabets';
  const SPELLING = 'UserStore: a login is found only by its normalised form: not by capitals, spaces, full width';
  const HOSTILE = 'UserStore: create stores no hostile value, and nothing else in its place';

  test('finds nothing wrong with a store that is right', async () => {
    expect(await brokenUsers(() => ({}))).toEqual([]);
  });

  test.each<[string, string, (login: string) => string]>([
    ['accents', LOOK_ALIKE, (login) => login.normalize('NFD').replace(/\p{M}/gu, '')],
    ['ß for ss', LOOK_ALIKE, (login) => login.replace('ß', 'ss')],
    ['a dotless i', LOOK_ALIKE, (login) => login.replace('ı', 'i')],
    ['all emoji for one', LOOK_ALIKE, (login) => login.replace(/\p{Emoji_Presentation}/gu, '?')],
    ['capitals', SPELLING, (login) => login.toLowerCase()],
    ['spaces at the end', SPELLING, (login) => login.trimEnd()],
    ['full width', SPELLING, (login) => login.normalize('NFKC')],
  ])('catches a lookup that ignores %s', async (_, title, fold) => {
    const failures = await brokenUsers((honest) => {
      const accounts = new Map<string, string>();
      return {
        create: async (user) => {
          const created = await honest.create(user);
          accounts.set(fold(user.login), accounts.get(fold(user.login)) ?? created.id);
          return created;
        },
        findByLogin: async (login) => {
          if (typeof login !== 'string') return null;
          return (await honest.findByLogin(login)) ?? honest.findById(accounts.get(fold(login)) ?? '');
        },
      };
    });
    expect(failures).toContain(title);
  });

  test.each<[string, (user: NewUser) => object]>([
    ['a role for each letter', ({ roles }) => ({ roles: [...(roles ?? [])] })],
    [
      'a number as a hash',
      ({ passwordHash }) => ({ passwordHash: passwordHash === null ? null : String(passwordHash) }),
    ],
    ['an object as a login', ({ login }) => ({ login: `${String(login)}-${Math.random()}` })],
  ])('catches a store that makes %s of a hostile value', async (_, stored) => {
    const failures = await brokenUsers((honest) => ({
      create: (user) => honest.create({ ...user, ...stored(user) }),
    }));
    expect(failures).toContain(HOSTILE);
  });

  const RACE = 'UserStore: of 50 changes of one login at once, one wins and stays';
  const STALE = 'UserStore: a login is replaced only if it is the one that was read';
  const TAKEN = 'UserStore: setLogin refuses the login of another account with login_taken, and changes nothing';
  const FREE = 'UserStore: a changed login finds the user, and the old one is free and finds nobody';
  const LOOK_ALIKE_LOGIN = 'UserStore: setLogin distinguishes logins that look alike';
  const SPELLED_LOGIN = 'UserStore: setLogin does not accept another spelling of a login: capitals, spaces, full width';
  const HOSTILE_LOGIN = 'UserStore: setLogin of a hostile value changes nothing';

  /** The user's login, if `replaces` equals it under a rule of the broken store. */
  const loginLike = async (users: UserStore, id: string, replaces: string, fold: (login: string) => string) => {
    const login = (await users.findById(id))?.login ?? '';
    return typeof replaces === 'string' && fold(login) === fold(replaces) ? login : replaces;
  };

  test.each<[string, string, (honest: UserStore & Setters) => Partial<UserStore>]>([
    [
      'reads the login, thinks and then writes',
      RACE,
      (honest) => ({
        setLogin: async (id, login, replaces) => {
          if ((await honest.findById(id))?.login !== replaces) return false;
          await turn();
          return honest.setLogin(id, login, (await honest.findById(id))?.login ?? '');
        },
      }),
    ],
    [
      'does not ask for the login that it replaces',
      STALE,
      (honest) => ({
        setLogin: async (id, login) => honest.setLogin(id, login, (await honest.findById(id))?.login ?? ''),
      }),
    ],
    [
      'answers true if nothing was changed',
      STALE,
      (honest) => ({ setLogin: (...change) => honest.setLogin(...change).then(() => true) }),
    ],
    [
      'answers false if the login is taken',
      TAKEN,
      (honest) => ({ setLogin: (...change) => honest.setLogin(...change).catch(() => false) }),
    ],
    [
      'still finds the user by the old login',
      FREE,
      (honest) => {
        const old = new Map<string, string>();
        return {
          setLogin: async (id, login, replaces) => {
            const done = await honest.setLogin(id, login, replaces);
            if (done) old.set(replaces, id);
            return done;
          },
          findByLogin: async (login) => (await honest.findByLogin(login)) ?? honest.findById(old.get(login) ?? ''),
        };
      },
    ],
    ...[
      ['accents', LOOK_ALIKE_LOGIN, (login: string) => login.normalize('NFD').replace(/\p{M}/gu, '')] as const,
      ['ß for ss', LOOK_ALIKE_LOGIN, (login: string) => login.replace('ß', 'ss')] as const,
      ['capitals', SPELLED_LOGIN, (login: string) => login.toLowerCase()] as const,
      ['spaces at the end', SPELLED_LOGIN, (login: string) => login.trimEnd()] as const,
    ].map(([what, title, fold]): [string, string, (honest: UserStore & Setters) => Partial<UserStore>] => [
      `ignores ${what} of the login that it replaces`,
      title,
      (honest) => ({
        setLogin: async (id, login, replaces) =>
          honest.setLogin(id, login, await loginLike(honest, id, replaces, fold)),
      }),
    ]),
    [
      'makes a login of whatever it gets',
      HOSTILE_LOGIN,
      (honest) => ({ setLogin: (id, login, replaces) => honest.setLogin(id, `login ${typeof login}`, replaces) }),
    ],
    [
      'reads a missing login as "any"',
      HOSTILE_LOGIN,
      (honest) => ({
        setLogin: async (id, login, replaces) =>
          honest.setLogin(id, login, replaces ?? (await honest.findById(id))?.login),
      }),
    ],
  ])('catches a change of the login that %s', async (_, title, change) => {
    expect(await brokenUsers((honest) => change(honest as UserStore & Setters))).toContain(title);
  });

  const MARKED = 'UserStore: setEmailVerified marks the address of one user, and leaves the rest as it was';
  const CHANGED = 'UserStore: setEmailVerified changes nothing if it is not, or no longer, the address of the user';
  const LOOK_ALIKE_ADDRESS = 'UserStore: setEmailVerified distinguishes addresses that look alike';
  const HOSTILE_ADDRESS = 'UserStore: setEmailVerified with a hostile value changes nothing';

  test.each<[string, string, (honest: UserStore & Setters) => Partial<UserStore>]>([
    [
      'does not ask for the address',
      CHANGED,
      (honest) => ({
        setEmailVerified: async (id, _, at) =>
          honest.setEmailVerified(id, (await honest.findById(id))?.login ?? '', at),
      }),
    ],
    [
      'forgets when',
      MARKED,
      (honest) => ({ setEmailVerified: (id, address) => honest.setEmailVerified(id, address, new Date()) }),
    ],
    ['changes nothing', MARKED, () => ({ setEmailVerified: async () => true })],
    [
      'removes the password too',
      MARKED,
      (honest) => ({
        setEmailVerified: async (id, address, at) => {
          const done = await honest.setEmailVerified(id, address, at);
          if (done) await honest.setPasswordHash(id, '', 'hash-1');
          return done;
        },
      }),
    ],
    [
      'ignores accents',
      LOOK_ALIKE_ADDRESS,
      (honest) => ({
        setEmailVerified: async (id, address, at) => {
          const fold = (login: string) => login.normalize('NFD').replace(/\p{M}/gu, '');
          return honest.setEmailVerified(id, await loginLike(honest, id, address, fold), at);
        },
      }),
    ],
    [
      'ignores capitals',
      LOOK_ALIKE_ADDRESS,
      (honest) => ({
        setEmailVerified: async (id, address, at) =>
          honest.setEmailVerified(id, await loginLike(honest, id, address, (login) => login.toLowerCase()), at),
      }),
    ],
    [
      'makes a time of whatever it gets',
      HOSTILE_ADDRESS,
      (honest) => ({ setEmailVerified: (id, address, at) => honest.setEmailVerified(id, address, new Date(at)) }),
    ],
    [
      'takes any login for an address',
      'UserStore: a login that is not an address is never verified',
      (honest) => {
        const verified = new Map<string, Date>();
        return {
          setEmailVerified: async (id, address, at) => {
            if (await honest.setEmailVerified(id, address, at)) return true;
            const isLogin = (await honest.findById(id))?.login === address && at instanceof Date;
            if (isLogin) verified.set(id, at);
            return isLogin;
          },
        };
      },
    ],
  ])('catches a store that verifies an address and %s', async (_, title, change) => {
    expect(await brokenUsers((honest) => change(honest as UserStore & Setters))).toContain(title);
  });

  test.each(['setEmailVerified', 'setLogin'] as const)('notices a %s that it was not told of', async (method) => {
    const run = (userStore: UserStore, supports: object) =>
      failuresOf((collect) => userStoreConformance({ test: collect, factory: () => userStore, supports }));
    const both = { setEmailVerified: true, setLogin: true };
    const without = { ...both, [method]: false };
    const lacking = () => Object.assign(memoryStores().userStore, { [method]: undefined });
    expect(await run(memoryStores().userStore, without)).toEqual([`UserStore: there is no ${method}`]);
    expect(await run(lacking(), without)).toEqual([]);
    expect((await run(lacking(), both)).length).toBeGreaterThan(5);
  });
});
