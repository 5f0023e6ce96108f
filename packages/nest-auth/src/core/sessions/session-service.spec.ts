import { describe, expect, test } from '@jest/globals';
import { DAY, DEVICE, GRACE, LIFETIME, refusal, setUp } from '../../../test/support/core/session-service.js';

describe('how a user logged in', () => {
  const login = { methods: ['pwd', 'otp', 'mfa'], remember: false, actorId: 'support-7' };

  test('is kept through 100 rotations, and its time does not move', async () => {
    const { sessions, user, store, wait, time } = await setUp();
    const authenticatedAt = new Date(time.now);
    const first = await sessions.start(user, DEVICE, login);
    let session = first;
    for (let turn = 0; turn < 100; turn++) {
      expect(session).toMatchObject({ ...login, authenticatedAt });
      wait(360);
      session = await sessions.rotate(session.refreshToken);
    }
    expect(await store.find(first.sessionId)).toMatchObject({ ...login, authenticatedAt, generation: 100 });
    expect(await sessions.list(user.id)).toMatchObject([
      { methods: login.methods, authenticatedAt, actorId: 'support-7' },
    ]);
  });

  test('is the same for concurrent requests and for a retry', async () => {
    const { sessions, user, wait, time } = await setUp();
    const known = { ...login, authenticatedAt: new Date(time.now) };
    const { refreshToken } = await sessions.start(user, DEVICE, login);
    wait(10);
    for (const answer of await Promise.all([1, 2, 3].map(() => sessions.rotate(refreshToken)))) {
      expect(answer).toMatchObject(known);
    }
  });

  test('by default: nothing is known, the session outlives the browser, and nobody acts for the user', async () => {
    const { sessions, user, store, time } = await setUp();
    const { sessionId } = await sessions.start(user, DEVICE);
    const expected = { methods: [], remember: true, actorId: null, authenticatedAt: new Date(time.now) };
    expect(await store.find(sessionId)).toMatchObject(expected);
    const [listed] = await sessions.list(user.id);
    expect(listed).not.toHaveProperty('actorId');
    expect(listed).not.toHaveProperty('remember');
  });

  test('does not change with the list that was passed when the session began', async () => {
    const { sessions, user, store } = await setUp();
    const methods = ['pwd'];
    const { sessionId } = await sessions.start(user, DEVICE, { methods });
    methods.push('mfa');
    expect((await store.find(sessionId))?.methods).toEqual(['pwd']);
  });

  test.each<[string, unknown]>([
    ['methods', 'pwd'],
    ['methods', null],
    ['methods', ['']],
    ['methods', ['pwd,mfa']],
    ['methods', ['PWD']],
    ['methods', ['a'.repeat(33)]],
    ['methods', Array(9).fill('pwd')],
    ['methods', new Array(1)],
    ['methods', [{ toString: () => 'mfa' }]],
    ['remember', 'false'],
    ['remember', null],
    ['remember', 0],
    ['actorId', 7],
    ['actorId', ''],
    ['actorId', { $ne: null }],
    ['actorId', 'x'.repeat(256)],
  ])('is refused with %s: %j, and no session starts', async (field, value) => {
    const { sessions, user } = await setUp();
    const refused = sessions.start(user, DEVICE, { [field]: value });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request', field });
    expect(await sessions.list(user.id)).toEqual([]);
  });

  test('may have as many and as long methods as the port allows', async () => {
    const { sessions, user, store } = await setUp();
    const methods = Array.from({ length: 8 }, (_, n) => `${n}_-`.padEnd(32, 'z'));
    const { sessionId } = await sessions.start(user, DEVICE, { methods });
    expect((await store.find(sessionId))?.methods).toEqual(methods);
  });
});

describe('the end of a session', () => {
  test('comes after ttl.browser if the user is not remembered, however often it is rotated', async () => {
    const { sessions, user, store, wait } = await setUp();
    let { refreshToken, sessionId, endsAt } = await sessions.start(user, DEVICE, { remember: false });
    const { createdAt } = (await store.find(sessionId)) ?? {};
    expect(endsAt.getTime() - (createdAt?.getTime() ?? 0)).toBe((DAY / 2) * 1000);
    for (let hour = 1; hour < 12; hour++) {
      wait(3600);
      ({ refreshToken, endsAt } = await sessions.rotate(refreshToken));
    }
    wait(3600);
    await expect(sessions.rotate(refreshToken)).rejects.toMatchObject({ code: 'session_lifetime_exceeded' });
  });

  test('inactivity moves with each rotation', async () => {
    const { sessions, user, wait } = await setUp();
    let { refreshToken } = await sessions.start(user, DEVICE);
    for (let rotation = 0; rotation < 2; rotation++) {
      wait(29 * DAY);
      ({ refreshToken } = await sessions.rotate(refreshToken));
    }
    wait(30 * DAY);
    expect(await refusal(sessions.rotate(refreshToken))).toBe('session_expired');
  });

  test('the absolute lifetime does not, however often it is rotated', async () => {
    const { sessions, user, wait } = await setUp();
    let { refreshToken } = await sessions.start(user, DEVICE);
    for (let day = 0; day < 80; day += 20) {
      wait(20 * DAY);
      ({ refreshToken } = await sessions.rotate(refreshToken));
    }
    wait(10 * DAY);
    expect(await refusal(sessions.rotate(refreshToken))).toBe('session_lifetime_exceeded');
  });

  test.each([
    ['disabled', 'user_disabled'],
    ['deleted', 'user_not_found'],
  ])('a user who was %s cannot refresh, and the session is over', async (change, code) => {
    const { sessions, user, users } = await setUp();
    const { refreshToken } = await sessions.start(user, DEVICE);
    if (change === 'deleted') users.delete(user.id);
    else users.update(user.id, { disabledAt: new Date() });
    expect(await refusal(sessions.rotate(refreshToken))).toBe(code);
    users.update(user.id, { disabledAt: null });
    expect(await refusal(sessions.rotate(refreshToken))).toBe('session_revoked');
  });

  test('a session of another user is not found, and lives on', async () => {
    const { sessions, users, user } = await setUp();
    const { sessionId, refreshToken } = await sessions.start(user, DEVICE);
    const eve = await users.create({ login: 'eve', passwordHash: null, roles: [], profile: {} });
    expect(await refusal(sessions.revoke(eve.id, sessionId))).toBe('not_found');
    await expect(sessions.rotate(refreshToken)).resolves.toBeDefined();
  });

  test('an invalid session id is not found, and the store is not asked', async () => {
    const { sessions, store, user } = await setUp();
    store.find = async () => {
      throw new Error('invalid input syntax for type uuid');
    };
    for (const id of ['x', '', "' OR 1=1 --"]) {
      expect(await refusal(sessions.revoke(user.id, id))).toBe('not_found');
    }
    for (const id of [undefined, {}, [user.id]] as never[]) {
      expect(await refusal(sessions.revoke(user.id, id))).toBe('invalid_request');
    }
  });

  test('ending all sessions spares the one that is named, and expired ones are not listed', async () => {
    const { sessions, user, wait } = await setUp();
    await sessions.start(user, DEVICE);
    wait(30 * DAY);
    const kept = await sessions.start(user, DEVICE);
    const other = await sessions.start(user, DEVICE);
    expect((await sessions.list(user.id)).map(({ id }) => id).sort()).toEqual([kept.sessionId, other.sessionId].sort());
    await sessions.revokeAll(user.id, kept.sessionId);
    expect((await sessions.list(user.id)).map(({ id }) => id)).toEqual([kept.sessionId]);
  });
});

describe('what access tokens depend on', () => {
  test('each login and each rotation says when the session ends at the latest', async () => {
    const { sessions, user, wait, time } = await setUp();
    const end = new Date(time.now + 90 * DAY * 1000);
    let session = await sessions.start(user, DEVICE);
    expect(session.endsAt).toEqual(end);
    wait(DAY);
    session = await sessions.rotate(session.refreshToken);
    expect(session.endsAt).toEqual(end);
  });

  test('rows are removed only when no access token of theirs can live', async () => {
    const { sessions, store, user, wait } = await setUp();
    const { sessionId } = await sessions.start(user, DEVICE);
    await sessions.end(user.id, sessionId, 'logout');
    wait(90 * DAY + LIFETIME);
    expect(await sessions.deleteExpired()).toBe(0);
    expect(await store.find(sessionId)).not.toBeNull();
    wait(0.001);
    expect(await sessions.deleteExpired()).toBe(1);
  });

  test('a user whose rows are gone leaves a tombstone, which nobody can use and housekeeping removes', async () => {
    const { sessions, store, user, revocations, wait, time } = await setUp();
    const before = new Date(time.now);
    await sessions.revokeAll(user.id);
    expect(revocations.hasUser(user.id)).toBe(true);
    const [told, ...others] = await store.revokedSince(before, { limit: 10 });
    expect(others).toEqual([]);
    expect(told).toEqual({
      sessionId: expect.stringMatching(/^.{14}8.{3}-[89ab]/),
      userId: user.id,
      revokedAt: before,
    });
    const id = told?.sessionId ?? '';
    expect([await sessions.isLive(id), await sessions.list(user.id)]).toEqual([false, []]);
    expect(await refusal(sessions.revoke(user.id, id))).toBe('not_found');
    wait(2 * LIFETIME);
    expect(await sessions.deleteExpired()).toBe(0);
    wait(0.001);
    expect(await sessions.deleteExpired()).toBe(1);
  });

  test('a user with sessions leaves no tombstone, and neither does one who keeps their own session', async () => {
    const { sessions, store, user, revocations } = await setUp();
    const { sessionId } = await sessions.start(user, DEVICE);
    await sessions.revokeAll(user.id, sessionId);
    await sessions.revokeAll(user.id);
    expect((await store.revokedSince(new Date(0), { limit: 10 })).map((one) => one.sessionId)).toEqual([sessionId]);
    expect(revocations.hasUser(user.id)).toBe(false);
  });
});

describe('a listing', () => {
  const HOUR = 3600;

  test('shows the hour of the last use, so that two rotations within the grace window look the same', async () => {
    const { sessions, user, wait, time } = await setUp();
    let { refreshToken } = await sessions.start(user, DEVICE);
    wait(2 * HOUR + 60);
    const seen: unknown[] = [];
    for (let rotation = 0; rotation < 3; rotation++) {
      ({ refreshToken } = await sessions.rotate(refreshToken));
      seen.push(await sessions.list(user.id));
      wait(GRACE);
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    const start = Math.floor(time.now / 1000 / HOUR) * HOUR * 1000;
    expect(seen[0]).toMatchObject([{ lastUsedAt: new Date(start) }]);
  });

  test('shows the session that asks as used now, so that its last refresh stays unknown', async () => {
    const histories = [0, 59 * 60, 59 * 60 + 50, 60 * 60 + 10].map(async (refreshedAt) => {
      const { sessions, user, wait } = await setUp();
      const { refreshToken, sessionId } = await sessions.start(user, DEVICE);
      wait(refreshedAt);
      await sessions.rotate(refreshToken);
      wait(61 * 60 - refreshedAt);
      const list = await sessions.list(user.id, sessionId);
      return list.map(({ lastUsedAt }) => lastUsedAt);
    });
    expect(new Set((await Promise.all(histories)).map(String)).size).toBe(1);
  });

  test('never shows a session as used before the hour of its login, whose clock may be ahead', async () => {
    const { sessions, user, wait } = await setUp();
    wait(10);
    const { refreshToken } = await sessions.start(user, DEVICE);
    wait(-20);
    await sessions.rotate(refreshToken);
    const [session] = await sessions.list(user.id);
    expect(session?.lastUsedAt).toEqual(new Date('2030-01-01T00:00:00Z'));
  });
});
