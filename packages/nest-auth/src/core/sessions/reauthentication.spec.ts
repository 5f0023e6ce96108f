import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DAY, DEVICE, refusal, scheduled, setUp } from '../../../test/support/core/session-service.js';
import { MemorySessionStore } from '../../memory/session-store.js';

describe('a user who proves again who they are', () => {
  test('has a login of now, and every later refresh says so', async () => {
    const { sessions, user, store, wait, time } = await setUp();
    const first = await sessions.start(user, DEVICE, { methods: ['pwd'], remember: false, actorId: 'support-7' });
    wait(3600);
    const at = new Date(time.now);
    const confirmed = await sessions.reauthenticate(user, first.sessionId, ['otp', 'mfa']);
    const known = { methods: ['pwd', 'otp', 'mfa'], authenticatedAt: at, remember: false, actorId: 'support-7' };
    expect(confirmed).toMatchObject({ ...known, sessionId: first.sessionId, endsAt: first.endsAt });
    expect(confirmed).not.toHaveProperty('refreshToken');
    let { refreshToken } = first;
    for (let turn = 0; turn < 20; turn++) {
      wait(360);
      const rotated = await sessions.rotate(refreshToken);
      expect(rotated).toMatchObject(known);
      refreshToken = rotated.refreshToken;
    }
    expect(await store.find(first.sessionId)).toMatchObject({ ...known, generation: 20 });
  });

  test('keeps at most eight methods, the newest', async () => {
    const { sessions, user } = await setUp();
    const methods = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const { sessionId } = await sessions.start(user, DEVICE, { methods });
    expect((await sessions.reauthenticate(user, sessionId, ['b', 'i'])).methods).toEqual([
      ...['c', 'd', 'e', 'f', 'g', 'h'],
      ...['b', 'i'],
    ]);
  });

  test('is never moved back by a process whose clock is behind', async () => {
    const { sessions, user, store, wait, time } = await setUp();
    const { sessionId } = await sessions.start(user, DEVICE);
    const at = new Date(time.now);
    wait(-40);
    const confirmed = await sessions.reauthenticate(user, sessionId, ['pwd']);
    expect(confirmed).toMatchObject({ authenticatedAt: at, methods: ['pwd'] });
    expect(await store.find(sessionId)).toMatchObject({ authenticatedAt: at, methods: ['pwd'] });
  });

  test('is refused if the session is revoked, expired, deleted, or of another user', async () => {
    const { sessions, user, users, store, wait } = await setUp();
    const other = await users.create({ login: 'bob', passwordHash: null, roles: [], profile: {} });
    const [revoked, unused, foreign] = [
      await sessions.start(user, DEVICE),
      await sessions.start(user, DEVICE),
      await sessions.start(other, DEVICE),
    ];
    const before = await store.find(foreign.sessionId);
    expect(await refusal(sessions.reauthenticate(user, foreign.sessionId, ['pwd']))).toBe('token_revoked');
    expect(await store.find(foreign.sessionId)).toEqual(before);
    await sessions.end(user.id, revoked.sessionId, 'logout');
    expect(await refusal(sessions.reauthenticate(user, revoked.sessionId, ['pwd']))).toBe('token_revoked');
    expect(await refusal(sessions.reauthenticate(user, 'no-session', ['pwd']))).toBe('token_revoked');
    wait(31 * DAY);
    expect(await refusal(sessions.reauthenticate(user, unused.sessionId, ['pwd']))).toBe('token_revoked');
  });

  test('and whose session ends in between is told so, and nothing is written', async () => {
    const store = new MemorySessionStore();
    const { sessions, user } = await setUp(store);
    const { sessionId } = await sessions.start(user, DEVICE);
    const find = store.find.bind(store);
    store.find = async (id) => {
      const session = await find(id);
      await store.revoke(id);
      return session;
    };
    expect(await refusal(sessions.reauthenticate(user, sessionId, ['pwd']))).toBe('token_revoked');
    expect((await find(sessionId))?.methods).toEqual([]);
  });

  test('races with a refresh and with another proof in any order: both keep their changes, with the later time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const store = new MemorySessionStore();
        const { sessions, user, time } = await setUp(scheduled(store, scheduler));
        const starting = sessions.start(user, DEVICE);
        const { sessionId, refreshToken } = await scheduler.waitFor(starting);
        const racing = Promise.all([
          sessions.reauthenticate(user, sessionId, ['pwd']),
          sessions.rotate(refreshToken),
          sessions.reauthenticate(user, sessionId, ['otp']),
        ]);
        time.now += 1000;
        await scheduler.waitFor(racing);
        const [one, , other] = await racing;
        const session = await store.find(sessionId);
        expect(session?.generation).toBe(1);
        const later = Math.max(one.authenticatedAt.getTime(), other.authenticatedAt.getTime());
        expect(session?.authenticatedAt.getTime()).toBe(later);
        expect(['pwd', 'otp']).toContain(session?.methods.at(-1));
      }),
      { numRuns: 200 },
    );
  });
});
