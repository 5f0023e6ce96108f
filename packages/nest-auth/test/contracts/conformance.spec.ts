import { memoryStores, type Reauthentication, type SessionRecord, type SessionStore } from '@acme/nest-auth';
import {
  credentialStoreConformance,
  ephemeralStoreConformance,
  sessionStoreConformance,
  userStoreConformance,
} from '@acme/nest-auth/testing';
import { describe, expect, test } from '@jest/globals';
import { changed, failuresOf, turn } from '../support/contracts/broken-store.js';

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
function broken(store: Partial<SessionStore>): Promise<string[]> {
  const honest = memoryStores().sessionStore;
  return failuresOf((test) => sessionStoreConformance({ test, factory: () => changed(honest, store) }));
}

describe('the kit for sessions', () => {
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
    expect(failures).toContain('SessionStore: of 50 concurrent calls of advance one wins, and all get the same row');
    expect(failures).toContain(
      'SessionStore: if revokeAll races with advance, no session is live and none advances afterwards',
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

  const ALONE = 'SessionStore: reauthenticate writes the time and the methods of the login, and nothing else';
  const DEAD =
    'SessionStore: reauthenticate does not change a session that is revoked, unused for too long, at its end or missing';

  /** A store whose `reauthenticate` reads, may think, and writes the whole row. */
  function rewriting(
    thinks: boolean,
    allows: (session: SessionRecord, proof: Reauthentication) => boolean,
  ): Partial<SessionStore> {
    const { sessionStore } = memoryStores();
    return {
      create: (session) => sessionStore.create(session),
      find: (id) => sessionStore.find(id),
      revoke: (id) => sessionStore.revoke(id),
      advance: (rotation) => sessionStore.advance(rotation),
      reauthenticate: async (id, proof) => {
        const session = await sessionStore.find(id);
        if (!session || !allows(session, proof)) return false;
        if (thinks) await turn();
        await sessionStore.create({ ...session, authenticatedAt: proof.at, methods: proof.methods });
        return true;
      },
    };
  }
  const lives = ({ revokedAt, expiresAt, absoluteExpiresAt }: SessionRecord, { now }: Reauthentication) =>
    !revokedAt && now < expiresAt && now < absoluteExpiresAt;
  const isLater = ({ authenticatedAt }: SessionRecord, { at }: Reauthentication) => authenticatedAt <= at;

  test('catches a reauthentication that reads, thinks and then writes the whole row', async () => {
    const failures = await broken(
      rewriting(true, (session, proof) => lives(session, proof) && isLater(session, proof)),
    );
    expect(failures).toContain(
      'SessionStore: a concurrent rotation and reauthentication both keep their changes, in 30 duels',
    );
    expect(failures).toContain(
      'SessionStore: a reauthentication at the moment of a revocation does not bring the session back',
    );
  });

  test('catches a reauthentication of dead sessions, and one that moves the time back', async () => {
    expect(await broken(rewriting(false, isLater))).toContain(DEAD);
    const failures = await broken(rewriting(false, lives));
    expect(failures).toContain('SessionStore: reauthenticate never moves the time of the login back');
    expect(failures).toContain(
      'SessionStore: of many concurrent reauthentications the latest time wins, with its methods',
    );
  });

  test('catches a reauthentication that forgets the methods, and one that takes any value for them', async () => {
    const { sessionStore } = memoryStores();
    const shared: Partial<SessionStore> = {
      create: (session) => sessionStore.create(session),
      find: (id) => sessionStore.find(id),
    };
    const forgetful = await broken({
      ...shared,
      reauthenticate: async (id, proof) => {
        const methods = (await sessionStore.find(id))?.methods ?? [];
        return sessionStore.reauthenticate(id, { ...proof, methods });
      },
    });
    expect(forgetful).toContain(ALONE);
    const lenient = await broken({
      ...shared,
      reauthenticate: (id, proof) =>
        sessionStore.reauthenticate(id, { ...proof, methods: String(proof.methods).split(',') }),
    });
    expect(lenient).toContain('SessionStore: a hostile value in any field of a reauthentication writes nothing');
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
      'SessionStore: advance loses without the digest of the secret, and leaves the row unchanged',
    );
  });
});
