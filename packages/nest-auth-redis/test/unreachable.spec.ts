import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { redisStores, redisThrottle } from '../src/index.js';
import { closedPort, type OpenClient, withBothLibraries } from './servers.js';

/** The default of the option `storeTimeout`. */
const STORE_TIMEOUT = 5000;

withBothLibraries('a Redis that is down', (bench) => {
  let down: OpenClient;
  beforeAll(async () => {
    down = bench.library.openUnreachable(await closedPort());
  });
  afterAll(() => down.close());

  /** Rejects before the library's own timeout, and not with the counters' error for a spent budget. */
  async function fails(call: () => Promise<unknown>): Promise<void> {
    const started = Date.now();
    const rejection: unknown = await call().then(
      () => 'an answer',
      (error) => error,
    );
    expect(rejection).toMatchObject({ message: expect.any(String) });
    expect(rejection).not.toHaveProperty('msBeforeNext');
    expect(Date.now() - started).toBeLessThan(STORE_TIMEOUT);
  }

  test('rejects every call of the stores in time, and answers none', async () => {
    const { sessionStore, ephemeralStore, credentialStore } = redisStores(down.client, { credentials: true });
    const [id, now] = [randomUUID(), new Date()];
    const times = { createdAt: now, rotatedAt: now, expiresAt: now, absoluteExpiresAt: now, revokedAt: null };
    const login = { methods: [], authenticatedAt: now, remember: true, actorId: null };
    const session = { id, userId: id, secretHash: '', generation: 0, userAgent: null, ip: null, ...times, ...login };
    await fails(() => sessionStore.create(session));
    await fails(() => sessionStore.find(id));
    await fails(() => sessionStore.advance({ id, secretHash: '', fromGeneration: 0, now, expiresAt: now }));
    await fails(() => sessionStore.reauthenticate(id, { at: now, methods: [], now }));
    await fails(() => sessionStore.revoke(id));
    await fails(() => sessionStore.revokeAll(id, { limit: 10 }));
    await fails(() => sessionStore.listActive(id, { now, limit: 10 }));
    await fails(() => sessionStore.deleteExpired(now));
    await fails(() => sessionStore.revokedSince(now, { limit: 10 }));
    await fails(() => ephemeralStore.put(id, '', 1));
    await fails(() => ephemeralStore.putIfAbsent(id, '', 1));
    await fails(() => ephemeralStore.take(id));
    await fails(() => ephemeralStore.get(id));
    const credential = {
      id,
      userId: id,
      kind: 'totp',
      key: id,
      data: {},
      createdAt: now,
      lastUsedAt: null,
      expiresAt: null,
    };
    await fails(() => credentialStore!.create(credential));
    await fails(() => credentialStore!.find('totp', id));
    await fails(() => credentialStore!.list(id));
    await fails(() => credentialStore!.update(id, 1, {}));
    await fails(() => credentialStore!.delete(id, id));
    await fails(() => credentialStore!.deleteAll(id));
  });

  test('rejects attempts as failures, not as attempts too many, and counts nothing in memory', async () => {
    const limiter: RateLimiterAbstract = redisThrottle(down.client).limiter({ points: 100, duration: 60 });
    for (let i = 0; i < 3; i++) await fails(() => limiter.consume('login'));
    await fails(() => limiter.get('login'));
    await fails(() => limiter.reward('login'));
  });
});
