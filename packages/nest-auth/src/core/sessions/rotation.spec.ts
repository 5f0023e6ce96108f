import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEVICE, GRACE, refusal, scheduled, setUp } from '../../../test/support/core/session-service.js';
import { MemorySessionStore } from '../../memory/session-store.js';
import { RefreshTokenSeal } from '../refresh-tokens/refresh-token.js';

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

  test('a token made with the server secret alone rotates no session and ends none', async () => {
    const { sessions, user, seal, store, seen, revocations, wait } = await setUp();
    const first = await sessions.start(user, DEVICE);
    const { sessionId } = first;
    await sessions.rotate((await sessions.rotate(first.refreshToken)).refreshToken);
    wait(GRACE + 1);
    const row = await store.find(sessionId);
    seen.length = 0;
    // Ahead of the row, equal to it, its parent, and what would be a replay.
    for (const generation of [3, 2, 1, 0]) {
      const forged = seal.seal({ sessionId, generation, familySecret: Buffer.alloc(32, 7) });
      expect(await refusal(sessions.rotate(forged))).toBe('invalid_refresh_token');
      expect(await store.find(sessionId)).toEqual(row);
    }
    expect(seen.map(({ type }) => type)).toEqual(Array(4).fill('refresh_refused'));
    expect(revocations.added).toBe(0);
  });

  test('a store that does not check the digest reveals nothing either', async () => {
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

  test('the store contains nothing that could be used as a token', async () => {
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

  test('an honest client stays logged in until somebody ends the session; then none of its tokens works again', async () => {
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
      // 75,000 steps in CI; fewer on a developer's machine.
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
