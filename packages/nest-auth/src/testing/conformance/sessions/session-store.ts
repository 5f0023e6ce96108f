import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { SessionRecord } from '@acme/nest-auth';
import { race } from '../kit.js';
import { hostileSessions } from './session-hostile.js';
import { reauthentications } from './session-reauthentications.js';
import {
  assertSame,
  HOUR,
  later,
  page,
  record,
  rotation,
  type SessionStoreConformance,
  setUpOf,
} from './session-record.js';
import { sharedRevocations } from './session-revocations.js';
import { sessionsOfUsers } from './session-users.js';

export type { SessionStoreConformance } from './session-record.js';

/**
 * Proves a `SessionStore`, races included.
 *
 * @example
 * ```ts
 * sessionStoreConformance({ test, factory: () => new MySessionStore(pool) });
 * ```
 */
export function sessionStoreConformance(kit: SessionStoreConformance): void {
  sessionRows(kit);
  reauthentications(kit);
  sessionsOfUsers(kit);
  sharedRevocations(kit);
  hostileSessions(kit);
}

function sessionRows(kit: SessionStoreConformance): void {
  const { test, userId = randomUUID } = kit;
  const setUp = setUpOf(kit);

  test('SessionStore: a session is found as it was created, to the millisecond', async () => {
    const { store, session } = await setUp({ userAgent: 'Mozilla/5.0 (ü; 🙂) "\'\\', ip: '2001:db8::1' });
    assertSame(await store.find(session.id), session);
    const bare = record({ userId: session.userId, userAgent: null, ip: null });
    await store.create(bare);
    assertSame(await store.find(bare.id), bare);
  });

  test('SessionStore: how the user logged in stays as it was, in every answer and through rotations', async () => {
    const longest = Array.from({ length: 8 }, (_, n) => `${n}_-`.padEnd(32, 'z'));
    const logins: Partial<SessionRecord>[] = [
      { methods: [], remember: false },
      { methods: ['pwd', 'otp', 'mfa'], remember: true, actorId: await userId() },
      { methods: longest, remember: false, actorId: null },
    ];
    for (const login of logins) {
      const createdAt = new Date(Date.now() + 123);
      const { store, session } = await setUp({
        ...login,
        createdAt,
        authenticatedAt: new Date(createdAt.getTime() - 4567),
      });
      assertSame(await store.find(session.id), session);
      assertSame((await store.listActive(session.userId, page(session)))[0], session);
      const [now, expiresAt] = [later(session), later(session, 5 * HOUR)];
      const advanced = { ...session, generation: 1, rotatedAt: now, expiresAt };
      for (const won of [true, false]) {
        const answer = await store.advance({ ...rotation(session), now, expiresAt });
        assert.equal(answer?.won, won);
        assertSame(answer?.session, advanced);
      }
    }
  });

  test('SessionStore: an unknown id finds null, whatever it looks like', async () => {
    const { store, session } = await setUp();
    for (const id of [randomUUID(), '', '0', 'x', "' OR 1=1 --", 'ü']) {
      assert.equal(await store.find(id), null, `find(${JSON.stringify(id)})`);
      assert.equal(await store.advance({ ...rotation(session), id }), null, 'advance');
      assert.equal(await store.revoke(id), false, 'revoke');
      assert.deepEqual([...(await store.listActive(id, page(session)))], [], 'listActive');
      assert.deepEqual([...(await store.revokeAll(id, { limit: 10 }))], [], 'revokeAll');
    }
    assertSame(await store.find(session.id), session);
  });

  test('SessionStore: advance moves the generation, its time and the inactivity, and nothing else', async () => {
    const { store, session } = await setUp();
    const [now, expiresAt] = [later(session), later(session, 5 * HOUR)];
    const answer = await store.advance({ ...rotation(session), now, expiresAt });
    assert.equal(answer?.won, true);
    const advanced = { ...session, generation: 1, rotatedAt: now, expiresAt };
    assertSame(answer?.session, advanced);
    assertSame(await store.find(session.id), advanced);
  });

  test('SessionStore: advance from another generation loses, and returns the current row', async () => {
    const { store, session } = await setUp({ generation: 7 });
    for (const generation of [6, 8, 0]) {
      const answer = await store.advance({ ...rotation(session), fromGeneration: generation });
      assert.equal(answer?.won, false, `from ${generation}`);
      assertSame(answer?.session, session);
    }
  });

  test('SessionStore: advance loses without the digest of the secret, and leaves the row unchanged', async () => {
    const { store, session } = await setUp();
    const other = record({ userId: session.userId });
    await store.create(other);
    const { secretHash } = session;
    const wrong = [other.secretHash, '', ' ', '%', secretHash.slice(1), `${secretHash}x`];
    for (const digest of [...wrong, secretHash.toUpperCase()]) {
      const answer = await store.advance({ ...rotation(session), secretHash: digest });
      assert.equal(answer?.won, false, JSON.stringify(digest));
      assertSame(answer?.session, session);
    }
    assertSame(await store.find(session.id), session);
    assert.equal((await store.advance(rotation(session)))?.won, true);
  });

  test('SessionStore: advance loses on a session that is revoked, unused for too long or at its end', async () => {
    const { store, session } = await setUp();
    const atEnd = await store.advance({
      ...rotation(session),
      now: session.expiresAt,
      expiresAt: later(session, 90 * HOUR),
    });
    assert.equal(atEnd?.won, false, 'at the instant of its expiry');
    assertSame(atEnd?.session, session);
    const old = record({
      userId: session.userId,
      expiresAt: later(session, 9 * HOUR),
      absoluteExpiresAt: later(session, 2 * HOUR),
    });
    await store.create(old);
    const atAbsoluteEnd = { ...rotation(old), now: later(session, 2 * HOUR), expiresAt: later(session, 9 * HOUR) };
    assert.equal((await store.advance(atAbsoluteEnd))?.won, false, 'absolute');
    await store.revoke(session.id);
    const revoked = await store.advance(rotation(session));
    assert.equal(revoked?.won, false);
    assert.ok(revoked?.session.revokedAt instanceof Date, 'the answer shows that it is revoked');
  });

  test('SessionStore: of 50 concurrent calls of advance one wins, and all get the same row', async () => {
    const { store, session } = await setUp();
    const answers = await race(50, (racer) =>
      store.advance({
        ...rotation(session),
        now: later(session, HOUR + racer),
        expiresAt: later(session, 2 * HOUR + racer),
      }),
    );
    assert.equal(answers.filter((answer) => answer?.won).length, 1, 'exactly one winner');
    const row = await store.find(session.id);
    assert.equal(row?.generation, 1);
    for (const answer of answers) assertSame(answer?.session, row);
  });

  test('SessionStore: a loser never sees the row from before the winner, in 40 duels', async () => {
    const { store, session } = await setUp();
    for (let generation = 0; generation < 40; generation++) {
      const turn = { ...rotation(session), fromGeneration: generation, now: later(session, generation) };
      const answers = await race(4, () => store.advance(turn));
      assert.equal(answers.filter((answer) => answer?.won).length, 1);
      for (const answer of answers) assert.equal(answer?.session.generation, generation + 1);
    }
  });

  test('SessionStore: revoke ends a session once', async () => {
    const { store, session } = await setUp();
    const ended = await race(10, () => store.revoke(session.id));
    assert.equal(ended.filter(Boolean).length, 1);
    const row = await store.find(session.id);
    assert.ok(row?.revokedAt instanceof Date);
    assertSame({ ...row, revokedAt: null }, session);
    assert.equal(await store.revoke(session.id), false);
  });

  test('SessionStore: deleteExpired removes what reached its absolute end before a time, and nothing else', async () => {
    const { store, session } = await setUp();
    const ended = record({ userId: session.userId, absoluteExpiresAt: later(session, -9 * HOUR) });
    const unused = record({ userId: session.userId, expiresAt: later(session, -9 * HOUR) });
    for (const row of [ended, unused]) await store.create(row);
    assert.ok((await store.deleteExpired(later(session, -8 * HOUR))) >= 1);
    assert.equal(await store.find(ended.id), null);
    assertSame(await store.find(unused.id), unused);
    assertSame(await store.find(session.id), session);
  });
}
