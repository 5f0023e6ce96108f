import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { RevokedSession, SessionRecord, SessionStore } from '@acme/nest-auth';
import { type Conformance, HOSTILE, race, refusesOr } from './kit.js';

export interface SessionStoreConformance extends Conformance<SessionStore> {
  /** Makes a user for the sessions' `userId`, where a foreign key asks for one. @default a random UUID */
  readonly userId?: () => string | Promise<string>;
  /** Which of the optional methods to prove. @default none */
  readonly supports?: { readonly revokedSince?: boolean; readonly watchRevocations?: boolean };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * Proves a `SessionStore`, races included.
 *
 * @example
 * ```ts
 * sessionStoreConformance({ test, factory: () => new MySessionStore(pool) });
 * ```
 */
export function sessionStoreConformance({
  test,
  factory,
  userId = randomUUID,
  supports = {},
}: SessionStoreConformance): void {
  const setUp = async (changes: Partial<SessionRecord> = {}) => {
    const store = await factory();
    const session = record({ userId: await userId(), ...changes });
    await store.create(session);
    return { store, session };
  };
  const later = (session: SessionRecord, by = HOUR) => new Date(session.createdAt.getTime() + by);

  test('SessionStore: a session is found as it was created, to the millisecond', async () => {
    const { store, session } = await setUp({ userAgent: 'Mozilla/5.0 (ü; 🙂) "\'\\', ip: '2001:db8::1' });
    assertSame(await store.find(session.id), session);
    const bare = record({ userId: session.userId, userAgent: null, ip: null });
    await store.create(bare);
    assertSame(await store.find(bare.id), bare);
  });

  test('SessionStore: what is not there is null, whatever the id looks like', async () => {
    const { store, session } = await setUp();
    for (const id of [randomUUID(), '', '0', 'x', "' OR 1=1 --", 'ü']) {
      assert.equal(await store.find(id), null, `find(${JSON.stringify(id)})`);
      assert.equal(await store.advance(id, 0, later(session), later(session, 2 * HOUR)), null, 'advance');
      assert.equal(await store.revoke(id), false, 'revoke');
      assert.deepEqual([...(await store.listActive(id))], [], 'listActive');
      assert.deepEqual([...(await store.revokeAll(id))], [], 'revokeAll');
    }
    assertSame(await store.find(session.id), session);
  });

  test('SessionStore: whatever is not a string finds nothing and ends nothing', async () => {
    const { store, session } = await setUp();
    const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;
    for (const value of HOSTILE) {
      const hostile = value as string;
      assert.ok(
        await refusesOr(
          (found) => found === null,
          () => store.find(hostile),
        ),
        'find',
      );
      assert.ok(
        await refusesOr(
          (found) => found === null,
          () => store.advance(hostile, 0, later(session), later(session)),
        ),
        'advance',
      );
      assert.ok(
        await refusesOr(
          (done) => done === false,
          () => store.revoke(hostile),
        ),
        'revoke',
      );
      assert.ok(await refusesOr(isEmpty, () => store.revokeAll(hostile)), 'revokeAll');
      assert.ok(await refusesOr(isEmpty, () => store.listActive(hostile)), 'listActive');
    }
    for (const value of [undefined, null, {}, { lt: new Date(8e15) }, 'now', Number.NaN]) {
      const hostile = value as unknown as Date;
      await refusesOr(
        (deleted) => deleted === 0,
        () => store.deleteExpired(hostile),
      );
      await refusesOr(
        (answer) => answer === null,
        () => store.advance(session.id, hostile as unknown as number, hostile, hostile),
      );
    }
    assertSame(await store.find(session.id), session);
  });

  test('SessionStore: advance moves the generation, its time and the inactivity, and nothing else', async () => {
    const { store, session } = await setUp();
    const [now, expiresAt] = [later(session), later(session, 5 * HOUR)];
    const answer = await store.advance(session.id, 0, now, expiresAt);
    assert.equal(answer?.won, true);
    const advanced = { ...session, generation: 1, rotatedAt: now, expiresAt };
    assertSame(answer?.session, advanced);
    assertSame(await store.find(session.id), advanced);
  });

  test('SessionStore: advance from another generation loses, and shows the row as it stands', async () => {
    const { store, session } = await setUp({ generation: 7 });
    for (const generation of [6, 8, 0]) {
      const answer = await store.advance(session.id, generation, later(session), later(session, 2 * HOUR));
      assert.equal(answer?.won, false, `from ${generation}`);
      assertSame(answer?.session, session);
    }
  });

  test('SessionStore: advance loses on a session that is revoked, unused for too long or at its end', async () => {
    const { store, session } = await setUp();
    const atEnd = await store.advance(session.id, 0, session.expiresAt, later(session, 90 * HOUR));
    assert.equal(atEnd?.won, false, 'at the instant of its expiry');
    assertSame(atEnd?.session, session);
    const old = record({
      userId: session.userId,
      expiresAt: later(session, 9 * HOUR),
      absoluteExpiresAt: later(session, 2 * HOUR),
    });
    await store.create(old);
    assert.equal(
      (await store.advance(old.id, 0, later(session, 2 * HOUR), later(session, 9 * HOUR)))?.won,
      false,
      'absolute',
    );
    await store.revoke(session.id);
    const revoked = await store.advance(session.id, 0, later(session), later(session, 2 * HOUR));
    assert.equal(revoked?.won, false);
    assert.ok(revoked?.session.revokedAt instanceof Date, 'the answer shows that it is revoked');
  });

  test('SessionStore: of 50 racers one wins, and everybody is shown the same row', async () => {
    const { store, session } = await setUp();
    const answers = await race(50, (racer) =>
      store.advance(session.id, 0, later(session, HOUR + racer), later(session, 2 * HOUR + racer)),
    );
    assert.equal(answers.filter((answer) => answer?.won).length, 1, 'exactly one winner');
    const row = await store.find(session.id);
    assert.equal(row?.generation, 1);
    for (const answer of answers) assertSame(answer?.session, row);
  });

  test('SessionStore: a loser never sees the row from before the winner, in 40 duels', async () => {
    const { store, session } = await setUp();
    for (let generation = 0; generation < 40; generation++) {
      const now = later(session, generation);
      const answers = await race(4, () => store.advance(session.id, generation, now, later(session, HOUR)));
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

  test("SessionStore: revokeAll ends a user's sessions but one, says which, and spares other users", async () => {
    const { store, session } = await setUp();
    const [second, third] = [record({ userId: session.userId }), record({ userId: session.userId })];
    const foreign = record({ userId: await userId() });
    for (const row of [second, third, foreign]) await store.create(row);
    await store.revoke(third.id);
    assert.deepEqual([...(await store.revokeAll(session.userId, second.id))], [session.id]);
    assert.equal((await store.find(second.id))?.revokedAt, null);
    assert.equal((await store.find(foreign.id))?.revokedAt, null);
    assert.deepEqual([...(await store.revokeAll(session.userId))], [second.id]);
    assert.deepEqual([...(await store.revokeAll(session.userId))], []);
  });

  test('SessionStore: when revokeAll races with advance, nothing lives and nothing advances afterwards', async () => {
    const { store, session } = await setUp();
    const advances = race(20, (racer) =>
      store.advance(session.id, racer % 3, later(session), later(session, 2 * HOUR)),
    );
    const [, ended] = await Promise.all([advances, store.revokeAll(session.userId)]);
    assert.deepEqual([...ended], [session.id]);
    const row = await store.find(session.id);
    assert.ok(row?.revokedAt, 'the revocation was not overwritten');
    const afterwards = await store.advance(session.id, row?.generation ?? 0, later(session), later(session, 2 * HOUR));
    assert.equal(afterwards?.won, false);
  });

  test("SessionStore: listActive shows a user's own sessions that are not revoked, newest first", async () => {
    const { store, session } = await setUp();
    const newer = record({ userId: session.userId, createdAt: later(session, MINUTE) });
    const revoked = record({ userId: session.userId });
    const foreign = record({ userId: await userId() });
    for (const row of [newer, revoked, foreign]) await store.create(row);
    await store.revoke(revoked.id);
    const listed = await store.listActive(session.userId);
    assert.deepEqual(
      listed.map(({ id }) => id),
      [newer.id, session.id],
    );
    assertSame(listed[1], session);
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

  if (supports.revokedSince) {
    test('SessionStore: revokedSince shows what was revoked at or after a time, however it was revoked', async () => {
      const { store, session } = await setUp();
      const [second, live] = [record({ userId: session.userId }), record({ userId: await userId() })];
      for (const row of [second, live]) await store.create(row);
      const start = new Date(Date.now() - MINUTE);
      await store.revoke(session.id);
      await store.revokeAll(session.userId);
      const seen = await revokedSince(store, start);
      for (const { id, userId: owner } of [session, second]) {
        const shown = seen.find(({ sessionId }) => sessionId === id);
        assert.equal(shown?.userId, owner);
        assert.deepEqual(shown?.revokedAt, (await store.find(id))?.revokedAt);
      }
      assert.ok(!seen.some(({ sessionId }) => sessionId === live.id), 'a live session is not shown');
      const after = await revokedSince(store, new Date(Date.now() + HOUR));
      assert.ok(!after.some(({ sessionId }) => sessionId === session.id), 'what was revoked before is not shown');
    });
  }

  if (supports.watchRevocations) {
    test('SessionStore: watchers are told of each revocation, however it was revoked', async () => {
      const { store, session } = await setUp();
      const second = record({ userId: session.userId });
      await store.create(second);
      const waiting = new Set([session.id, second.id]);
      let stop: (() => Promise<void>) | undefined;
      await new Promise<void>((resolve, reject) => {
        const told = ({ sessionId, userId: owner, revokedAt }: RevokedSession) => {
          if (!waiting.delete(sessionId)) return;
          if (owner !== session.userId || !(revokedAt instanceof Date)) reject(new Error('told of something else'));
          if (waiting.size === 0) resolve();
        };
        (async () => {
          stop = await store.watchRevocations?.(told, () => reject(new Error('the connection was lost')));
          await store.revoke(session.id);
          await store.revokeAll(session.userId);
        })().catch(reject);
      });
      await stop?.();
    });
  }
}

function revokedSince(store: SessionStore, since: Date): Promise<readonly RevokedSession[]> {
  assert.ok(store.revokedSince, 'the store has revokedSince');
  return store.revokedSince(since);
}

function record(changes: Partial<SessionRecord>): SessionRecord {
  const createdAt = changes.createdAt ?? new Date(Date.now() + 123);
  return {
    id: randomUUID(),
    userId: randomUUID(),
    secretHash: randomUUID().padEnd(43, 'x'),
    generation: 0,
    createdAt,
    rotatedAt: createdAt,
    expiresAt: new Date(createdAt.getTime() + 24 * HOUR),
    absoluteExpiresAt: new Date(createdAt.getTime() + 48 * HOUR),
    revokedAt: null,
    userAgent: 'conformance kit',
    ip: '192.0.2.1',
    ...changes,
  };
}

/** A store may answer with more than a session's fields, but with each of these as it is. */
function assertSame(actual: SessionRecord | null | undefined, expected: SessionRecord | null | undefined): void {
  assert.ok(actual && expected, 'the session is there');
  const fields = Object.keys(record({})) as (keyof SessionRecord)[];
  const pick = (row: SessionRecord) => Object.fromEntries(fields.map((field) => [field, row[field]]));
  assert.deepEqual(pick(actual), pick(expected));
}
