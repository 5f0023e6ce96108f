import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { RevokedPage, RevokedSession, SessionStore } from '@acme/nest-auth';
import { HOUR, MINUTE, page, record, rotation, type SessionStoreConformance, setUpOf } from './session-record.js';

/** How processes inform each other about ended sessions. */
export function sharedRevocations(kit: SessionStoreConformance): void {
  const { test, userId = randomUUID, supports = {} } = kit;
  const setUp = setUpOf(kit);

  const createRevoked = async () => {
    const { store, session } = await setUp();
    const row = record({ id: version8(), userId: session.userId, revokedAt: new Date(Date.now() - 1000) });
    await store.create(row);
    return { store, session, row };
  };

  test('SessionStore: a row that is created revoked can never be used', async () => {
    const { store, session, row } = await createRevoked();
    assert.deepEqual((await store.find(row.id))?.revokedAt, row.revokedAt);
    assert.equal(await store.revoke(row.id), false);
    assert.equal((await store.advance(rotation(row)))?.won, false);
    const live = await store.listActive(row.userId, page(session));
    assert.deepEqual(
      live.map(({ id }) => id),
      [session.id],
    );
    assert.deepEqual(await store.revokeAll(row.userId, { limit: 10 }), [session.id]);
  });

  if (supports.revokedSince) {
    test('SessionStore: revokedSince shows what was revoked at or after a time, however it was revoked', async () => {
      const { store, session } = await setUp();
      const [second, live] = [record({ userId: session.userId }), record({ userId: await userId() })];
      for (const row of [second, live]) await store.create(row);
      const start = new Date(Date.now() - MINUTE);
      await store.revoke(session.id);
      await store.revokeAll(session.userId, { limit: 10 });
      const seen = await allRevokedSince(store, start);
      for (const { id, userId: owner } of [session, second]) {
        const shown = seen.find(({ sessionId }) => sessionId === id);
        assert.equal(shown?.userId, owner);
        assert.deepEqual(shown?.revokedAt, (await store.find(id))?.revokedAt);
      }
      assert.ok(!seen.some(({ sessionId }) => sessionId === live.id), 'a live session is not shown');
      const after = await allRevokedSince(store, new Date(Date.now() + HOUR));
      assert.ok(!after.some(({ sessionId }) => sessionId === session.id), 'what was revoked before is not shown');
    });

    test('SessionStore: revokedSince returns page by page the sessions that were revoked at the same time', async () => {
      const { store, session } = await setUp();
      const instant = new Date();
      const owner = await userId();
      const rows = Array.from({ length: 7 }, () => record({ userId: owner, revokedAt: instant }));
      for (const row of rows) await store.create(row);
      await store.revoke(session.id);
      const ids = rows.map(({ id }) => id).sort();
      for (const limit of [1, 2, 3, 7]) {
        const seen = await allRevokedSince(store, instant, limit);
        const mine = seen.filter(({ userId: of }) => of === owner).map(({ sessionId }) => sessionId);
        assert.deepEqual(mine, ids, `${limit} at a time`);
        const times = seen.map(({ revokedAt }) => revokedAt.getTime());
        assert.deepEqual(
          times,
          [...times].sort((a, b) => a - b),
          'in the order of their revocation',
        );
      }
      const rest = await revokedSince(store, instant, { limit: 100, afterId: ids[3] });
      const mine = rest.filter(({ userId: of }) => of === owner).map(({ sessionId }) => sessionId);
      assert.deepEqual(mine, ids.slice(4), 'from the middle');
    });

    test('SessionStore: revokedSince shows a row that was created revoked, under its own time', async () => {
      const { store, row } = await createRevoked();
      const [since, after] = [row.revokedAt as Date, new Date((row.revokedAt as Date).getTime() + 1)];
      const shown = (await allRevokedSince(store, since)).find(({ sessionId }) => sessionId === row.id);
      assert.deepEqual(shown, { sessionId: row.id, userId: row.userId, revokedAt: row.revokedAt });
      assert.ok(!(await allRevokedSince(store, after)).some(({ sessionId }) => sessionId === row.id));
    });
  }

  if (supports.watchRevocations) {
    test('SessionStore: watchers are told of each revocation, however it was revoked', async () => {
      const { store, session } = await setUp();
      const second = record({ userId: session.userId });
      await store.create(second);
      const bornRevoked = record({ id: version8(), userId: session.userId, revokedAt: new Date() });
      const waiting = new Set([session.id, second.id, bornRevoked.id]);
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
          await store.revokeAll(session.userId, { limit: 10 });
          await store.create(bornRevoked);
        })().catch(reject);
      });
      await stop?.();
    });
  }
}

/** A UUID of version 8 marks a revoked row that was never a session. */
function version8(): string {
  return randomUUID().replace(/-4/, '-8');
}

async function allRevokedSince(store: SessionStore, since: Date, limit = 1000): Promise<RevokedSession[]> {
  const seen: RevokedSession[] = [];
  for (let from: readonly [Date, string?] = [since]; ; ) {
    const rows = await revokedSince(store, from[0], { limit, afterId: from[1] });
    assert.ok(rows.length <= limit, 'no more than the limit');
    seen.push(...rows);
    const last = rows.at(-1);
    if (!last || rows.length < limit) break;
    from = [last.revokedAt, last.sessionId];
  }
  const ids = seen.map(({ sessionId }) => sessionId);
  assert.equal(new Set(ids).size, ids.length, 'each is shown once');
  return seen;
}

function revokedSince(store: SessionStore, since: Date, page: RevokedPage): Promise<readonly RevokedSession[]> {
  assert.ok(store.revokedSince, 'the store has revokedSince');
  return store.revokedSince(since, page);
}
