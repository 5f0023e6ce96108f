import {
  type CredentialStore,
  memoryStores,
  type NewUser,
  type SessionRecord,
  type SessionStore,
  type UserStore,
} from '@acme/nest-auth';
import {
  credentialStoreConformance,
  ephemeralStoreConformance,
  sessionStoreConformance,
  userStoreConformance,
} from '@acme/nest-auth/testing';
import { describe, expect, test } from '@jest/globals';

const time = { now: Date.now() };
const stores = memoryStores({ clock: () => time.now });

describe('the memory stores', () => {
  userStoreConformance({
    test,
    factory: () => stores.userStore,
    supports: { setEmailVerified: true, setLogin: true },
  });
  sessionStoreConformance({ test, factory: () => stores.sessionStore, supports: { revokedSince: true } });
  ephemeralStoreConformance({
    test,
    factory: () => stores.ephemeralStore,
    elapse: (seconds) => {
      time.now += seconds * 1000;
    },
  });
  credentialStoreConformance({ test, factory: () => stores.credentialStore });
});

/** The promises that a store breaks, by the titles of the kit's tests. */
async function broken(store: Partial<SessionStore>): Promise<string[]> {
  const failures: string[] = [];
  const running: (() => Promise<void>)[] = [];
  const honest = memoryStores().sessionStore;
  const factory = (): SessionStore =>
    new Proxy(honest, {
      get: (target, key) => Reflect.get(store, key) ?? Reflect.get(target, key, target)?.bind(target),
    });
  sessionStoreConformance({
    factory,
    test: (name, run) => running.push(() => run().catch(() => void failures.push(name))),
  });
  for (const run of running) await run();
  return failures;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the kit itself', () => {
  test('finds nothing wrong with a store that is right', async () => {
    expect(await broken({})).toEqual([]);
  });

  test('catches a rotation that reads, thinks and then writes', async () => {
    const { sessionStore } = memoryStores();
    const failures = await broken({
      create: (session) => sessionStore.create(session),
      find: (id) => sessionStore.find(id),
      revoke: (id) => sessionStore.revoke(id),
      revokeAll: (id, which) => sessionStore.revokeAll(id, which),
      listActive: (id, page) => sessionStore.listActive(id, page),
      deleteExpired: (before) => sessionStore.deleteExpired(before),
      advance: async ({ id, secretHash, fromGeneration, now, expiresAt }) => {
        const before = await sessionStore.find(id);
        if (!before) return null;
        const lives = !before.revokedAt && now < before.expiresAt && now < before.absoluteExpiresAt;
        const isAtIt = before.secretHash === secretHash && before.generation === fromGeneration;
        if (!lives || !isAtIt) return { won: false, session: before };
        await turn();
        const session = { ...before, generation: fromGeneration + 1, rotatedAt: now, expiresAt };
        await sessionStore.create(session);
        return { won: true, session };
      },
    });
    expect(failures).toContain('SessionStore: of 50 racers one wins, and everybody is shown the same row');
    expect(failures).toContain(
      'SessionStore: when revokeAll races with advance, nothing lives and nothing advances afterwards',
    );
  });

  test('catches a loser that is shown the row from before the winner', async () => {
    const { sessionStore } = memoryStores();
    const failures = await broken({
      create: (session) => sessionStore.create(session),
      find: (id) => sessionStore.find(id),
      advance: async (rotation) => {
        const snapshot = await sessionStore.find(rotation.id);
        const answer = await sessionStore.advance(rotation);
        const stale = snapshot && { ...snapshot, generation: rotation.fromGeneration };
        return answer && !answer.won && stale ? { won: false, session: stale } : answer;
      },
    });
    expect(failures).toContain('SessionStore: a loser never sees the row from before the winner, in 40 duels');
  });

  const LOGIN = 'SessionStore: how the user logged in stays as it was, in every answer and through rotations';
  const REFUSED = 'SessionStore: a session with a field of the wrong type is refused, and nothing is written';

  test('catches a rotation that moves the time of the login', async () => {
    const { sessionStore } = memoryStores();
    const failures = await broken({
      create: (session) => sessionStore.create(session),
      find: (id) => sessionStore.find(id),
      listActive: (id, page) => sessionStore.listActive(id, page),
      advance: async (rotation) => {
        const answer = await sessionStore.advance(rotation);
        return answer && { ...answer, session: { ...answer.session, authenticatedAt: rotation.now } };
      },
    });
    expect(failures).toContain(LOGIN);
  });

  test.each<[string, string, (session: SessionRecord) => object]>([
    ['splits a method at its comma', REFUSED, ({ methods }) => ({ methods: String(methods).split(',') })],
    ['takes any text for true', REFUSED, ({ remember }) => ({ remember: Boolean(remember) })],
    ['writes a number as an actor', REFUSED, ({ actorId }) => ({ actorId: actorId === null ? null : `${actorId}` })],
    ['sorts the methods', LOGIN, ({ methods }) => (Array.isArray(methods) ? { methods: [...methods].sort() } : {})],
    ['forgets who acts', LOGIN, ({ actorId }) => (typeof actorId === 'string' ? { actorId: null } : {})],
    ['always remembers', LOGIN, ({ remember }) => (remember === false ? { remember: true } : {})],
  ])('catches a store that %s', async (_, title, stored) => {
    const { sessionStore } = memoryStores();
    const failures = await broken({
      create: (session) => sessionStore.create({ ...session, ...stored(session) }),
      find: (id) => sessionStore.find(id),
      advance: (rotation) => sessionStore.advance(rotation),
      listActive: (id, page) => sessionStore.listActive(id, page),
    });
    expect(failures).toContain(title);
  });

  test('catches a rotation that does not ask for the digest of the secret', async () => {
    const { sessionStore } = memoryStores();
    const failures = await broken({
      create: (session) => sessionStore.create(session),
      find: (id) => sessionStore.find(id),
      advance: async (rotation) => {
        const secretHash = (await sessionStore.find(rotation.id))?.secretHash ?? '';
        return sessionStore.advance({ ...rotation, secretHash });
      },
    });
    expect(failures).toContain(
      'SessionStore: advance loses without the digest of the secret, and leaves the row as it was',
    );
  });
});

/** The promises that a user store breaks, by the titles of the kit's tests. */
async function brokenUsers(change: (honest: UserStore) => Partial<UserStore>): Promise<string[]> {
  const failures: string[] = [];
  const running: (() => Promise<void>)[] = [];
  const honest = memoryStores().userStore;
  const store = change(honest);
  userStoreConformance({
    factory: () =>
      new Proxy(honest, {
        get: (target, key) => Reflect.get(store, key) ?? Reflect.get(target, key, target)?.bind(target),
      }),
    test: (name, run) => running.push(() => run().catch(() => void failures.push(name))),
    supports: { setEmailVerified: true, setLogin: true },
  });
  for (const run of running) await run();
  return failures;
}

type Setters = Required<Pick<UserStore, 'setEmailVerified' | 'setLogin'>>;

describe('the kit for users', () => {
  const LOOK_ALIKE =
    'UserStore: a login never finds the account of one that looks like it: accents, ß, other alphabets';
  const SPELLING = 'UserStore: a login is found by its normalised form alone: not by capitals, spaces, full width';
  const HOSTILE = 'UserStore: of hostile values create stores none, nor anything else in their place';

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
  const LOOK_ALIKE_LOGIN = 'UserStore: setLogin takes no login for one that looks like it';
  const SPELLED_LOGIN = 'UserStore: setLogin takes no other spelling of a login for it: capitals, spaces, full width';
  const HOSTILE_LOGIN = 'UserStore: setLogin of a hostile value changes nothing';

  /** The user's login, if `replaces` is it under a rule of the broken store. */
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
  const LOOK_ALIKE_ADDRESS = 'UserStore: setEmailVerified takes no address for one that looks like it';
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
    const run = async (userStore: UserStore, supports: object) => {
      const failures: string[] = [];
      const running: (() => Promise<void>)[] = [];
      const collect = (name: string, work: () => Promise<void>) =>
        running.push(() => work().catch(() => void failures.push(name)));
      userStoreConformance({ test: collect, factory: () => userStore, supports });
      for (const work of running) await work();
      return failures;
    };
    const both = { setEmailVerified: true, setLogin: true };
    const without = { ...both, [method]: false };
    const lacking = () => Object.assign(memoryStores().userStore, { [method]: undefined });
    expect(await run(memoryStores().userStore, without)).toEqual([`UserStore: there is no ${method}`]);
    expect(await run(lacking(), without)).toEqual([]);
    expect((await run(lacking(), both)).length).toBeGreaterThan(5);
  });
});

/** The promises that a credential store breaks, by the titles of the kit's tests. */
async function brokenCredentials(change: (honest: CredentialStore) => Partial<CredentialStore>): Promise<string[]> {
  const failures: string[] = [];
  const running: (() => Promise<void>)[] = [];
  const honest = memoryStores().credentialStore;
  const store = change(honest);
  credentialStoreConformance({
    factory: () =>
      new Proxy(honest, {
        get: (target, key) => Reflect.get(store, key) ?? Reflect.get(target, key, target)?.bind(target),
      }),
    test: (name, run) => running.push(() => run().catch(() => void failures.push(name))),
  });
  for (const run of running) await run();
  return failures;
}

describe('the kit for credentials', () => {
  const EXACT = 'CredentialStore: data comes back exactly, from create and from update';
  const LOOK_ALIKE = 'CredentialStore: keys that look alike are different: case, accents, spaces, wildcards';
  const WHATEVER = 'CredentialStore: whatever is not a string finds, changes and deletes nothing';

  test('finds nothing wrong with a store that is right', async () => {
    expect(await brokenCredentials(() => ({}))).toEqual([]);
  });

  test('catches an update that looks at the version, thinks and then writes', async () => {
    const versions = new Map<string, number>();
    const failures = await brokenCredentials((honest) => ({
      update: async (id, version, patch) => {
        if (version !== (versions.get(id) ?? 1)) return honest.update(id, version, patch);
        await turn();
        // Writes whatever the version is by now.
        const current = versions.get(id) ?? 1;
        const isDone = await honest.update(id, current, patch);
        if (isDone) versions.set(id, current + 1);
        return isDone;
      },
    }));
    expect(failures).toContain('CredentialStore: of 50 updates of one version one wins');
    expect(failures).toContain('CredentialStore: each version is won once, in 20 duels');
  });

  test('catches a creation that looks for the key before it writes', async () => {
    const failures = await brokenCredentials((honest) => ({
      create: async (credential) => {
        const isTaken = (await honest.find(credential.kind, credential.key)) !== null;
        await turn();
        await honest.create(credential);
        return !isTaken;
      },
    }));
    expect(failures).toContain('CredentialStore: of 50 creators with one key one succeeds');
  });

  test('catches a creation that overwrites', async () => {
    const failures = await brokenCredentials((honest) => ({
      create: async (credential) => {
        const found = await honest.find(credential.kind, credential.key);
        if (found) await honest.delete(found.userId, found.id);
        return honest.create(credential);
      },
    }));
    expect(failures).toContain(
      'CredentialStore: a taken id or key is false, and leaves the first credential as it was',
    );
  });

  test.each<[string, (key: string) => string]>([
    ['capitals', (key) => key.toLowerCase()],
    ['accents', (key) => key.normalize('NFD').replace(/\p{M}/gu, '')],
    ['spaces at the end', (key) => key.trimEnd()],
    ['ß for ss', (key) => key.replace('ß', 'ss')],
    ['full width', (key) => key.normalize('NFKC')],
    ['composed characters', (key) => key.normalize('NFC')],
    ['all emoji for one', (key) => key.replace(/\p{Emoji_Presentation}/gu, '?')],
    ['numbers for one', (key) => (Number.isFinite(Number(key)) ? String(Number(key)) : key)],
  ])('catches keys that are compared without regard to %s', async (_, fold) => {
    const folded = (key: unknown) => (typeof key === 'string' ? fold(key) : key) as string;
    const failures = await brokenCredentials((honest) => ({
      create: (credential) => honest.create({ ...credential, key: folded(credential.key) }),
      find: (kind, key) => honest.find(kind, folded(key)),
      update: (id, version, patch) =>
        honest.update(id, version, patch?.key === undefined ? patch : { ...patch, key: folded(patch.key) }),
    }));
    expect(failures).toContain(LOOK_ALIKE);
  });

  test.each<[string, (data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>]>([
    ['loses null', (data) => JSON.parse(JSON.stringify(data), (_, value) => value ?? undefined)],
    [
      'rounds numbers',
      (data) => JSON.parse(JSON.stringify(data), (_, v) => (typeof v === 'number' ? Math.fround(v) : v)),
    ],
    ['loses NUL', (data) => JSON.parse(JSON.stringify(data).replaceAll('\\u0000', ''))],
    ['replaces lone surrogates', (data) => JSON.parse(JSON.stringify(data).replaceAll('\\ud800', '\ufffd'))],
  ])('catches a store that %s in data', async (_, lossy) => {
    const isObject = (data: unknown) => typeof data === 'object' && data !== null && !Array.isArray(data);
    const failures = await brokenCredentials((honest) => ({
      create: (credential) =>
        honest.create(isObject(credential?.data) ? { ...credential, data: lossy(credential.data) } : credential),
    }));
    expect(failures).toContain(EXACT);
  });

  test('catches data that JSON changes, and that reaches a prototype', async () => {
    const failures = await brokenCredentials((honest) => ({
      create: (credential) => honest.create({ ...credential, data: JSON.parse(JSON.stringify(credential.data)) }),
    }));
    expect(failures).toContain(
      'CredentialStore: a credential with a field of the wrong type is refused, and nothing is written',
    );
  });

  test.each<[string, string, (honest: CredentialStore) => Partial<CredentialStore>]>([
    [
      'reads a kind of null as every kind',
      WHATEVER,
      (honest) => ({ list: (userId, kind) => honest.list(userId, kind ?? undefined) }),
    ],
    [
      'deletes every kind if the kind has the wrong type',
      WHATEVER,
      (honest) => ({
        deleteAll: (userId, kind) => honest.deleteAll(userId, typeof kind === 'string' ? kind : undefined),
      }),
    ],
    [
      'takes a version as text',
      'CredentialStore: a version of the wrong type is not "any"',
      (honest) => ({ update: (id, version, patch) => honest.update(id, Number(version), patch) }),
    ],
    [
      'ignores a patch of the wrong type',
      'CredentialStore: a patch with a field of the wrong type is refused, and changes nothing',
      (honest) => ({ update: (id, version, patch) => honest.update(id, version, patch).catch(() => false) }),
    ],
    [
      'deletes what belongs to somebody else',
      'CredentialStore: delete removes a credential of the user, once, and its key is free again',
      (honest) => {
        const owners = new Map<string, string>();
        return {
          create: (credential) => {
            owners.set(credential?.id, credential?.userId);
            return honest.create(credential);
          },
          delete: (_, id) => honest.delete(owners.get(id) ?? '', id),
        };
      },
    ],
    [
      'lists the newest first',
      'CredentialStore: a list is the oldest first, and by id in one instant; of one kind or of all',
      (honest) => ({ list: async (userId, kind) => [...(await honest.list(userId, kind))].reverse() }),
    ],
    [
      'deletes all kinds for one',
      'CredentialStore: deleteAll removes one kind or all of a user, and tells how many',
      (honest) => ({ deleteAll: (userId) => honest.deleteAll(userId) }),
    ],
    [
      'hides what has expired',
      'CredentialStore: an expired credential is still found, listed and updated',
      (honest) => ({
        find: async (kind, key) => {
          const found = await honest.find(kind, key);
          return found?.expiresAt && found.expiresAt < new Date() ? null : found;
        },
      }),
    ],
    [
      'changes all but the key',
      'CredentialStore: a changed key is found, and the old one is free again',
      (honest) => ({ update: (id, version, { key: _, ...patch }) => honest.update(id, version, patch) }),
    ],
    [
      'forgets the milliseconds',
      'CredentialStore: a credential is found as it was created, to the millisecond, with version 1',
      (honest) => ({
        find: async (kind, key) => {
          const found = await honest.find(kind, key);
          return found && { ...found, createdAt: new Date(Math.floor(found.createdAt.getTime() / 1000) * 1000) };
        },
      }),
    ],
  ])('catches a store that %s', async (_, title, change) => {
    expect(await brokenCredentials(change)).toContain(title);
  });
});
