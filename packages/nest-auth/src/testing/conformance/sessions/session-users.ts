import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { SessionRecord } from '@acme/nest-auth';
import { race } from '../kit.js';
import {
  assertSame,
  later,
  MINUTE,
  page,
  record,
  rotation,
  type SessionStoreConformance,
  setUpOf,
} from './session-record.js';

/** All sessions of a user: listing them, ending them, and limiting their number. */
export function sessionsOfUsers(kit: SessionStoreConformance): void {
  const { test, userId = randomUUID } = kit;
  const setUp = setUpOf(kit);
  const idsOf = (sessions: readonly SessionRecord[]) => sessions.map(({ id }) => id);

  /** Creates `count` sessions of one user, newest first. Every second session is as old as the next newer one. */
  const setUpMany = async (count: number) => {
    const { store, session } = await setUp();
    const others = Array.from({ length: count - 1 }, (_, n) =>
      record({ userId: session.userId, createdAt: later(session, -Math.ceil(n / 2) * MINUTE) }),
    );
    await Promise.all(others.map((other) => store.create(other)));
    return { store, session, sessions: [session, ...others].sort(newestFirst) };
  };

  test("SessionStore: revokeAll ends a user's sessions but one, says which, and spares other users", async () => {
    const { store, session } = await setUp();
    const [second, third] = [record({ userId: session.userId }), record({ userId: session.userId })];
    const foreign = record({ userId: await userId() });
    for (const row of [second, third, foreign]) await store.create(row);
    await store.revoke(third.id);
    assert.deepEqual([...(await store.revokeAll(session.userId, { limit: 10, exceptId: second.id }))], [session.id]);
    assert.equal((await store.find(second.id))?.revokedAt, null);
    assert.equal((await store.find(foreign.id))?.revokedAt, null);
    assert.deepEqual([...(await store.revokeAll(session.userId, { limit: 10 }))], [second.id]);
    assert.deepEqual([...(await store.revokeAll(session.userId, { limit: 10 }))], []);
  });

  test('SessionStore: if revokeAll races with advance, no session is live and none advances afterwards', async () => {
    const { store, session } = await setUp();
    const advances = race(20, (racer) => store.advance({ ...rotation(session), fromGeneration: racer % 3 }));
    const [, ended] = await Promise.all([advances, store.revokeAll(session.userId, { limit: 10 })]);
    assert.deepEqual([...ended], [session.id]);
    const row = await store.find(session.id);
    assert.ok(row?.revokedAt, 'the revocation was not overwritten');
    const afterwards = await store.advance({ ...rotation(session), fromGeneration: row?.generation ?? 0 });
    assert.equal(afterwards?.won, false);
  });

  test('SessionStore: revokeAll ends no more than its limit, and everything after some calls', async () => {
    const { store, session, sessions } = await setUpMany(7);
    const ended: string[] = [];
    for (const expected of [3, 3, 1, 0]) {
      const ids = await store.revokeAll(session.userId, { limit: 3 });
      assert.equal(ids.length, expected);
      ended.push(...ids);
    }
    assert.deepEqual(ended.sort(), idsOf(sessions).sort());
  });

  test('SessionStore: revokeAll up to a session ends that one and older ones, and spares the named one', async () => {
    const { store, session, sessions } = await setUpMany(8);
    // The third and the fourth session have the same time.
    const [, , third, fourth, fifth, , spared] = sessions as [SessionRecord, ...SessionRecord[]];
    const options = { limit: 10, upTo: fourth as SessionRecord, exceptId: spared?.id };
    const ended = await store.revokeAll(session.userId, options);
    const expected = sessions.slice(3).filter(({ id }) => id !== spared?.id);
    assert.deepEqual([...ended].sort(), idsOf(expected).sort());
    const live = idsOf(await store.listActive(session.userId, page(session)));
    assert.deepEqual(live, [...idsOf(sessions.slice(0, 3)), spared?.id]);
    assert.ok(live.includes(third?.id as string) && !live.includes(fifth?.id as string));
    assert.deepEqual(await store.revokeAll(session.userId, options), []);
  });

  test('SessionStore: of many callers that revoke all sessions in batches, each is done only when none is left', async () => {
    const { store, session, sessions } = await setUpMany(40);
    const answers = await race(8, async () => {
      const mine: string[] = [];
      for (;;) {
        const ids = await store.revokeAll(session.userId, { limit: 3 });
        mine.push(...ids);
        if (ids.length === 3) continue;
        assert.deepEqual(idsOf(await store.listActive(session.userId, page(session))), []);
        return mine;
      }
    });
    assert.deepEqual(answers.flat().sort(), idsOf(sessions).sort(), 'each session was ended by one of them');
  });

  test("SessionStore: listActive shows a user's own live sessions, newest first", async () => {
    const { store, session } = await setUp();
    const newer = record({ userId: session.userId, createdAt: later(session, MINUTE) });
    const revoked = record({ userId: session.userId });
    const foreign = record({ userId: await userId() });
    const unused = record({ userId: session.userId, expiresAt: later(session) });
    const over = record({ userId: session.userId, absoluteExpiresAt: later(session) });
    for (const row of [newer, revoked, foreign, unused, over]) await store.create(row);
    await store.revoke(revoked.id);
    const listed = await store.listActive(session.userId, page(session));
    assert.deepEqual(idsOf(listed), [newer.id, session.id]);
    assertSame(listed[1], session);
    const before = { now: new Date(later(session).getTime() - 1), limit: 100 };
    assert.equal((await store.listActive(session.userId, before)).length, 4, 'a millisecond before two of them end');
  });

  test('SessionStore: listActive returns pages, with sessions of the same time by descending id', async () => {
    const { store, session, sessions } = await setUpMany(7);
    const { now } = page(session);
    for (const [limit, offset] of [
      [3, 0],
      [3, 3],
      [3, 6],
      [3, 7],
      [1, 2],
    ] as const) {
      const listed = await store.listActive(session.userId, { now, limit, offset });
      assert.deepEqual(idsOf(listed), idsOf(sessions.slice(offset, offset + limit)), `${limit} after ${offset}`);
    }
    assert.deepEqual(idsOf(await store.listActive(session.userId, { now, limit: 2 })), idsOf(sessions.slice(0, 2)));
  });

  test('SessionStore: of 50 concurrent logins that each end all sessions but the newest five, five are left', async () => {
    const { store, session, sessions } = await setUpMany(12);
    const now = later(session);
    const logIn = async (login: number) => {
      const mine = record({ userId: session.userId, createdAt: later(session, MINUTE + (login % 7)) });
      await store.create(mine);
      const [surplus] = await store.listActive(session.userId, { now, limit: 1, offset: 5 });
      if (surplus) await store.revokeAll(session.userId, { upTo: surplus, limit: 100 });
      return mine;
    };
    const all = [...sessions, ...(await race(50, logIn))].sort(newestFirst);
    const live = await store.listActive(session.userId, { now, limit: 100 });
    assert.deepEqual(idsOf(live), idsOf(all.slice(0, 5)));
  });
}

function newestFirst(a: SessionRecord, b: SessionRecord): number {
  return b.createdAt.getTime() - a.createdAt.getTime() || (a.id > b.id ? -1 : 1);
}
