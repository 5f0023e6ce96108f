import { memoryStores, type NewUser, type SessionRecord, type SessionStore, type UserStore } from '@acme/nest-auth';
import { ephemeralStoreConformance, sessionStoreConformance, userStoreConformance } from '@acme/nest-auth/testing';
import { describe, expect, test } from '@jest/globals';

const time = { now: Date.now() };
const stores = memoryStores({ clock: () => time.now });

describe('the memory stores', () => {
  userStoreConformance({ test, factory: () => stores.userStore });
  sessionStoreConformance({ test, factory: () => stores.sessionStore, supports: { revokedSince: true } });
  ephemeralStoreConformance({
    test,
    factory: () => stores.ephemeralStore,
    elapse: (seconds) => {
      time.now += seconds * 1000;
    },
  });
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
  });
  for (const run of running) await run();
  return failures;
}

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
});
