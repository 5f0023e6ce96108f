import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MemorySessionStore } from '../../memory/session-store.js';
import { MemoryUserStore } from '../../memory/user-store.js';
import { type AuthEvent, AuthEvents } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import { RefreshTokenSeal } from '../tokens/refresh-token.js';
import { Revocations } from '../tokens/revocations.js';
import { SessionService } from './session-service.js';

const DEVICE = { ip: '192.0.2.1', userAgent: 'test' };
const GRACE = 60;
/** Of an access token, clock differences included. */
const LIFETIME = 910;
const DAY = 24 * 60 * 60;

async function setUp(store = new MemorySessionStore()) {
  const time = { now: Date.parse('2030-01-01T00:00:00Z') };
  const clock = () => time.now;
  const users = new MemoryUserStore();
  const events = new AuthEvents(clock, (error) => {
    throw error;
  });
  const seen: AuthEvent[] = [];
  events.subscribe((event) => seen.push(event));
  const revocations = new Revocations(LIFETIME, clock);
  const seal = new RefreshTokenSeal(['a secret that only this test knows, 32 bytes']);
  const ttl = { refresh: 30 * DAY, session: 90 * DAY, grace: GRACE };
  const limit = { max: 100, whenFull: 'end-oldest' } as const;
  const sessions = new SessionService({
    store,
    users,
    seal,
    revocations,
    events,
    clock,
    ttl,
    accessLifetime: LIFETIME,
    limit,
  });
  const user = await users.create({ login: 'ann', passwordHash: null, roles: ['user'], profile: {} });
  const wait = (seconds: number) => {
    time.now += seconds * 1000;
  };
  return { sessions, store, users, user, seen, seal, revocations, wait, time };
}

const refusal = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'accepted',
    (error: unknown) => (error instanceof AuthError ? error.code : String(error)),
  );

describe('how a user logged in', () => {
  const login = { methods: ['pwd', 'otp', 'mfa'], remember: false, actorId: 'support-7' };

  test('is kept through 100 rotations, and its time does not move', async () => {
    const { sessions, user, store, wait, time } = await setUp();
    const authenticatedAt = new Date(time.now);
    const first = await sessions.start(user, DEVICE, login);
    let session = first;
    for (let turn = 0; turn < 100; turn++) {
      expect(session).toMatchObject({ ...login, authenticatedAt });
      wait(3600);
      session = await sessions.rotate(session.refreshToken);
    }
    expect(await store.find(first.sessionId)).toMatchObject({ ...login, authenticatedAt, generation: 100 });
    expect(await sessions.list(user.id)).toMatchObject([
      { methods: login.methods, authenticatedAt, actorId: 'support-7' },
    ]);
  });

  test('is told alike to each racer and to a retry', async () => {
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

  test('is as it was when the session began, whatever becomes of the list that was given', async () => {
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

  test('may have as many methods, as long, as the port says', async () => {
    const { sessions, user, store } = await setUp();
    const methods = Array.from({ length: 8 }, (_, n) => `${n}_-`.padEnd(32, 'z'));
    const { sessionId } = await sessions.start(user, DEVICE, { methods });
    expect((await store.find(sessionId))?.methods).toEqual(methods);
  });
});

describe('rotation', () => {
  test('each refresh answers with a new token and the user as the store knows them now', async () => {
    const { sessions, user, users } = await setUp();
    const first = await sessions.start(user, DEVICE);
    users.update(user.id, { roles: ['admin'] });
    const second = await sessions.rotate(first.refreshToken);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.sessionId).toBe(first.sessionId);
    expect(second.user.roles).toEqual(['admin']);
  });

  test.each([2, 3, 10, 50])('%i racers with one token all get the same successor, and it works', async (racers) => {
    const { sessions, user } = await setUp();
    const { refreshToken } = await sessions.start(user, DEVICE);
    const answers = await Promise.all(Array.from({ length: racers }, () => sessions.rotate(refreshToken)));
    const successors = new Set(answers.map((answer) => answer.refreshToken));
    expect(successors.size).toBe(1);
    await expect(sessions.rotate([...successors][0]!)).resolves.toBeDefined();
  });

  test('a lost answer can be asked for again until the grace window closes', async () => {
    const { sessions, user, wait } = await setUp();
    const { refreshToken } = await sessions.start(user, DEVICE);
    const lost = await sessions.rotate(refreshToken);
    wait(GRACE);
    expect((await sessions.rotate(refreshToken)).refreshToken).toBe(lost.refreshToken);
    expect((await sessions.rotate(lost.refreshToken)).sessionId).toBe(lost.sessionId);
  });

  test('a token replayed after the grace window ends its family, and no other', async () => {
    const { sessions, user, wait, seen, revocations } = await setUp();
    const stolen = await sessions.start(user, DEVICE);
    const otherDevice = await sessions.start(user, DEVICE);
    const honest = await sessions.rotate(stolen.refreshToken);
    wait(GRACE + 0.001);
    expect(await refusal(sessions.rotate(stolen.refreshToken))).toBe('refresh_token_reused');
    expect(await refusal(sessions.rotate(honest.refreshToken))).toBe('session_revoked');
    expect(revocations.hasSession(stolen.sessionId)).toBe(true);
    await expect(sessions.rotate(otherDevice.refreshToken)).resolves.toBeDefined();
    expect(seen.map(({ type }) => type)).toContain('replay_detected');
  });

  test('a grandparent is a replay even within the grace window, and in the same instant', async () => {
    const { sessions, user } = await setUp();
    const first = await sessions.start(user, DEVICE);
    const second = await sessions.rotate(first.refreshToken);
    const third = await sessions.rotate(second.refreshToken);
    expect(await refusal(sessions.rotate(first.refreshToken))).toBe('refresh_token_reused');
    expect(await refusal(sessions.rotate(third.refreshToken))).toBe('session_revoked');
  });

  test('a forged or foreign token is refused before any store is asked', async () => {
    const { sessions, user, store } = await setUp();
    const { refreshToken, sessionId } = await sessions.start(user, DEVICE);
    const foreign = new RefreshTokenSeal(['another secret, of another application']).seal({
      sessionId,
      generation: 0,
      familySecret: Buffer.alloc(32),
    });
    const calls: string[] = [];
    store.advance = async ({ id }) => {
      calls.push(id);
      return null;
    };
    const flipped = refreshToken.slice(0, -1) + (refreshToken.endsWith('A') ? 'B' : 'A');
    for (const token of [foreign, flipped, '', 'nar_', `${refreshToken}A`, refreshToken.toUpperCase()]) {
      expect(await refusal(sessions.rotate(token))).toBe('invalid_refresh_token');
    }
    expect(calls).toEqual([]);
  });

  test('who knows the server secret but not the family secret moves nothing and ends nothing', async () => {
    const { sessions, user, seal, store, seen, revocations, wait } = await setUp();
    const first = await sessions.start(user, DEVICE);
    const { sessionId } = first;
    await sessions.rotate((await sessions.rotate(first.refreshToken)).refreshToken);
    wait(GRACE + 1);
    const row = await store.find(sessionId);
    seen.length = 0;
    // Ahead of the row, at it, a parent, and what would be a replay.
    for (const generation of [3, 2, 1, 0]) {
      const forged = seal.seal({ sessionId, generation, familySecret: Buffer.alloc(32, 7) });
      expect(await refusal(sessions.rotate(forged))).toBe('invalid_refresh_token');
      expect(await store.find(sessionId)).toEqual(row);
    }
    expect(seen.map(({ type }) => type)).toEqual(Array(4).fill('refresh_refused'));
    expect(revocations.added).toBe(0);
  });

  test('a store that forgets to ask for the digest gives nothing away either', async () => {
    const { sessions, user, seal, store } = await setUp();
    const { sessionId } = await sessions.start(user, DEVICE);
    const advance = store.advance.bind(store);
    store.advance = async (rotation) => {
      const { secretHash = '' } = (await store.find(rotation.id)) ?? {};
      return advance({ ...rotation, secretHash });
    };
    const forged = seal.seal({ sessionId, generation: 0, familySecret: Buffer.alloc(32, 7) });
    expect(await refusal(sessions.rotate(forged))).toBe('invalid_refresh_token');
  });

  test('a token that comes again within the grace window is an event, with the device that sent it', async () => {
    const { sessions, user, seen } = await setUp();
    const { sessionId, refreshToken } = await sessions.start(user, DEVICE);
    const thief = { ip: '203.0.113.9', userAgent: 'curl' };
    await sessions.rotate(refreshToken, DEVICE);
    await sessions.rotate(refreshToken, thief);
    expect(seen).toMatchObject([
      { type: 'refreshed', userId: user.id, sessionId, generation: 1, device: DEVICE },
      { type: 'refresh_repeated', userId: user.id, sessionId, device: thief },
    ]);
  });

  test('the store holds nothing that could be presented', async () => {
    const { sessions, user, store, seal } = await setUp();
    const { refreshToken, sessionId } = await sessions.start(user, DEVICE);
    const row = JSON.stringify(await store.find(sessionId));
    const secret = seal.open(refreshToken)!.familySecret;
    expect(row).not.toContain(refreshToken.slice(4, 40));
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      expect(row).not.toContain(secret.toString(encoding));
    const others = await Promise.all(Array.from({ length: 100 }, () => sessions.start(user, DEVICE)));
    const secrets = others.map((other) => seal.open(other.refreshToken)!.familySecret.toString('hex'));
    expect(new Set(secrets).size).toBe(100);
    expect(secrets[0]).toHaveLength(64);
  });

  test('a token ahead of its row, as after a restored backup, is refused', async () => {
    const { sessions, user, store, seal } = await setUp();
    const first = await sessions.start(user, DEVICE);
    const backup = (await store.find(first.sessionId))!;
    const second = await sessions.rotate(first.refreshToken);
    const third = await sessions.rotate(second.refreshToken);
    await store.create(backup);
    expect(seal.open(third.refreshToken)!.generation).toBe(2);
    expect(await refusal(sessions.rotate(third.refreshToken))).toBe('invalid_refresh_token');
  });
});

test('a session belongs to the id as a string, also if an app hands over a number', async () => {
  const { sessions, store, user } = await setUp();
  const { sessionId } = await sessions.start({ ...user, id: 7 as never }, DEVICE);
  expect((await store.find(sessionId))?.userId).toBe('7');
});

describe('the end of a session', () => {
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

  test('what is no session id is not found without asking the store', async () => {
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

  test('a user with sessions leaves none, and neither does one who keeps their own', async () => {
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

  test('shows the session that asks as used now, so that it tells nothing of when it was refreshed', async () => {
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

describe('under every interleaving', () => {
  /** What a client with one device, and a thief with copies of its tokens, can do. */
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant({ kind: 'refresh' as const, lost: false }) },
    { weight: 3, arbitrary: fc.constant({ kind: 'refresh' as const, lost: true }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 40 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('replay' as const), back: fc.integer({ min: 2, max: 9 }) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'revoke' as const }) },
  );

  test('an honest client stays logged in until somebody ends the session; then nothing of it works again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 50, maxLength: 100 }), async (steps) => {
        const { sessions, user, wait, time } = await setUp();
        const issued = [(await sessions.start(user, DEVICE)).refreshToken];
        let held = 0;
        let ended = false;
        let rotatedAt = time.now;
        for (const action of steps) {
          if (action.kind === 'wait') wait(action.seconds);
          if (action.kind === 'revoke') {
            await sessions.revokeAll(user.id);
            ended = true;
          }
          if (action.kind === 'replay' && held >= action.back) {
            const code = await refusal(sessions.rotate(issued[held - action.back]!));
            expect(code).toBe(ended ? 'session_revoked' : 'refresh_token_reused');
            ended = true;
          }
          if (action.kind !== 'refresh') continue;
          const answer = await sessions.rotate(issued[held]!).catch(() => null);
          const isRetry = issued.length === held + 2;
          // A client that comes back too late with a token that was already exchanged looks like a thief.
          if (isRetry && time.now - rotatedAt > GRACE * 1000) ended = true;
          expect(answer !== null).toBe(!ended);
          if (!answer) continue;
          if (isRetry) expect(answer.refreshToken).toBe(issued[held + 1]);
          else {
            issued.push(answer.refreshToken);
            rotatedAt = time.now;
          }
          if (!action.lost) held++;
        }
        if (ended) for (const token of issued) expect(await refusal(sessions.rotate(token))).toBe('session_revoked');
      }),
      // 75,000 steps in CI; fewer while somebody waits.
      { numRuns: process.env.CI ? 1000 : 100 },
    );
  });

  test('refreshes racing with a logout from everywhere: nothing survives, nothing forks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 6 }), async (scheduler, racers) => {
        const store = new MemorySessionStore();
        const { sessions, user } = await setUp(scheduled(store, scheduler));
        const starting = sessions.start(user, DEVICE);
        await scheduler.waitFor(starting);
        const { refreshToken } = await starting;
        const racing = Array.from({ length: racers }, () => sessions.rotate(refreshToken).catch(() => null));
        const all = Promise.all([...racing, sessions.revokeAll(user.id)]);
        await scheduler.waitFor(all);
        const successors = new Set((await Promise.all(racing)).flatMap((answer) => answer?.refreshToken ?? []));
        expect(successors.size).toBeLessThanOrEqual(1);
        for (const token of [refreshToken, ...successors]) {
          const late = refusal(sessions.rotate(token));
          await scheduler.waitFor(late);
          expect(await late).toBe('session_revoked');
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** The same store, but each call waits for its turn in an order that fast-check chooses. */
function scheduled(store: MemorySessionStore, scheduler: fc.Scheduler): MemorySessionStore {
  return new Proxy(store, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        await scheduler.schedule(Promise.resolve(), String(key));
        return member.apply(target, args);
      };
    },
  });
}
