import { randomUUID } from 'node:crypto';
import type { SessionStore } from '@acme/nest-auth';
import { redisStores } from '@acme/nest-auth-redis';
import { createClient } from 'redis';
import { REDIS_URL } from './harness/servers.js';
import { sessionId } from './harness/tokens.js';

const MONTH = 30 * 24 * 3_600_000;

/** Redis with this many live sessions, under a prefix of its own that `close` removes. */
export async function openRedis({ sessions }: { readonly sessions: number }): Promise<{
  readonly store: SessionStore;
  close(): Promise<void>;
}> {
  const redis = createClient({ url: REDIS_URL });
  redis.on('error', () => {});
  await redis.connect();
  const prefix = `bench-${randomUUID()}`;
  const { sessionStore: store } = redisStores(redis, { prefix });
  const now = new Date();
  const end = new Date(now.getTime() + MONTH);
  const times = { createdAt: now, rotatedAt: now, expiresAt: end, absoluteExpiresAt: end, revokedAt: null };
  const device = { userAgent: null, ip: null };
  const login = { methods: ['pwd'], authenticatedAt: now, remember: true, actorId: null };
  const all = Array.from({ length: sessions }, (_, n) => sessionId(n));
  await Promise.all(
    all.map((id) =>
      store.create({ id, userId: 'user', secretHash: 'x'.repeat(43), generation: 0, ...times, ...device, ...login }),
    ),
  );
  return {
    store,
    close: async () => {
      const match = { MATCH: `{${prefix}}:*`, COUNT: 1000 };
      for await (const keys of redis.scanIterator(match)) if (keys.length > 0) await redis.unlink(keys);
      redis.destroy();
    },
  };
}
