import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DAY, DEVICE, scheduled, setUp as setUpSessions } from '../../../test/support/core/session-service.js';
import { MemorySessionStore } from '../../memory/session-store.js';
import type { SessionLimitOptions } from './session-limit.js';

const START = Date.parse('2030-01-01T00:00:00Z');

async function setUp(limit: SessionLimitOptions, store = new MemorySessionStore(), between?: fc.Scheduler) {
  const made = await setUpSessions(between ? scheduled(store, between) : store, limit);
  const { sessions, user, time } = made;
  const live = async () => {
    const page = { now: new Date(time.now), limit: 100_000 };
    return (await store.listActive(user.id, page)).map(({ id }) => id);
  };
  /** Logs in one second after the last login. */
  const logIn = async () => {
    time.now += 1000;
    return sessions.start(user, DEVICE);
  };
  return { ...made, store, live, logIn };
}

test("'end-oldest': a login beyond the limit ends the oldest session, access tokens included", async () => {
  const { live, logIn, seen, user, revocations } = await setUp({ max: 3, whenFull: 'end-oldest' });
  const started = [await logIn(), await logIn(), await logIn()].map(({ sessionId }) => sessionId);
  expect(seen).toEqual([]);
  const { sessionId } = await logIn();
  expect(await live()).toEqual([sessionId, started[2], started[1]]);
  const [oldest] = started;
  expect(seen).toMatchObject([{ type: 'session_revoked', userId: user.id, sessionId: oldest, reason: 'newer_login' }]);
  expect(revocations.hasSession(oldest!)).toBe(true);
});

test("'end-oldest': expired sessions do not count", async () => {
  const { live, logIn, time, seen } = await setUp({ max: 2, whenFull: 'end-oldest' });
  await logIn();
  await logIn();
  time.now += 31 * DAY * 1000;
  await logIn();
  await logIn();
  expect(await live()).toHaveLength(2);
  expect(seen).toEqual([]);
});

test.each([
  ['are behind', -40_000],
  ['stand still', 0],
])("'end-oldest': a new session takes the place of an older one, also if this process's clocks %s", async (_, by) => {
  const { sessions, user, live, logIn, time, seen } = await setUp({ max: 2, whenFull: 'end-oldest' });
  await logIn();
  const second = await logIn();
  time.now += by;
  for (let login = 0; login < 10; login++) {
    const { sessionId } = await sessions.start(user, DEVICE);
    expect(await live()).toContain(sessionId);
    expect(await live()).toHaveLength(2);
  }
  expect(await live()).not.toContain(second.sessionId);
  expect(seen).toHaveLength(10);
});

test("'refuse': a login beyond the limit is refused and leaves nothing behind", async () => {
  const { live, logIn, seen, user, store, time } = await setUp({ max: 2, whenFull: 'refuse' });
  const first = await logIn();
  const before = [(await logIn()).sessionId, first.sessionId];
  await expect(logIn()).rejects.toMatchObject({ code: 'too_many_sessions' });
  expect(await live()).toEqual(before);
  expect(await store.revokedSince(new Date(0), { limit: 10 })).toEqual([]);
  expect(seen).toEqual([
    { type: 'login_refused', at: new Date(time.now), userId: user.id, code: 'too_many_sessions', device: DEVICE },
  ]);
  await store.revoke(first.sessionId);
  await expect(logIn()).resolves.toBeDefined();
});

test.each(['end-oldest', 'refuse'] as const)(
  "'%s': no order of parallel logins exceeds the limit",
  async (whenFull) => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 2, max: 6 }),
        fc.array(fc.integer({ min: -2000, max: 2000 }), { minLength: 6, maxLength: 6 }),
        async (scheduler, max, logins, skews) => {
          const { sessions, user, live, time } = await setUp({ max, whenFull }, new MemorySessionStore(), scheduler);
          const racing = Array.from({ length: logins }, (_, login) => {
            time.now = START + skews[login]!;
            return sessions.start(user, DEVICE).catch(() => null);
          });
          const all = Promise.all(racing);
          await scheduler.waitFor(all);
          time.now = START + 3000;
          const left = await live();
          expect(left.length).toBeLessThanOrEqual(max);
          if (whenFull === 'end-oldest') expect(left.length).toBe(Math.min(max, logins));
          const inside = (await all).flatMap((session) => session?.sessionId ?? []);
          for (const id of left) expect(inside).toContain(id);
        },
      ),
      { numRuns: 200 },
    );
  },
);

test('a user who has piled up 50,000 sessions: a page to list, batches to end, and a login that ends the rest', async () => {
  const { sessions, store, user, live, logIn, seen } = await setUp({ max: 100, whenFull: 'end-oldest' });
  const template = (await store.find((await logIn()).sessionId))!;
  const fill = async (count: number) => {
    for (let n = 0; n < count; n++) {
      const id = `${template.id.slice(0, 24)}${String(n).padStart(12, '0')}`;
      await store.create({ ...template, id, createdAt: new Date(START) });
    }
  };
  await fill(50_000);
  const sizes: number[] = [];
  const revokeAll = store.revokeAll.bind(store);
  store.revokeAll = async (...args) => {
    const ended = await revokeAll(...args);
    sizes.push(ended.length);
    return ended;
  };

  expect(await sessions.list(user.id)).toHaveLength(100);
  await logIn();
  expect(await live()).toHaveLength(100);
  expect(seen.filter(({ type }) => type === 'session_revoked')).toHaveLength(49_902);
  await fill(5000);
  await sessions.revokeAll(user.id);
  expect(await live()).toEqual([]);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1000);
});
