import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { MemorySessionStore } from '../../memory-stores.js';
import type { RevokedSession, SessionStore } from '../../ports/session-store.js';
import { RevocationFeed } from './revocation-feed.js';
import { Revocations } from './revocations.js';

const LIFETIME = 905;

/** A store whose revocations another process writes. */
class RemoteStore extends MemorySessionStore {
  readonly asked: Date[] = [];
  readonly remote: RevokedSession[] = [];
  down = false;

  override async revokedSince(since: Date): Promise<readonly RevokedSession[]> {
    this.asked.push(since);
    if (this.down) throw new Error('connection refused');
    return this.remote.filter(({ revokedAt }) => revokedAt >= since);
  }

  revokeRemotely(sessionId: string): RevokedSession {
    const revoked = { sessionId, userId: 'ann', revokedAt: new Date() };
    this.remote.push(revoked);
    return revoked;
  }
}

function setUp<Store extends SessionStore>(store: Store) {
  const revocations = new Revocations(LIFETIME, Date.now);
  const feed = new RevocationFeed({
    store,
    watch: store.watchRevocations?.bind(store),
    revocations,
    lifetime: LIFETIME,
    clock: Date.now,
  });
  const knows = (sessionId: string) => revocations.has(sessionId, 'ann', Date.now() / 1000);
  return { store, revocations, feed, knows };
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('sharing revocations between processes', () => {
  test('what was revoked before this process started is loaded, as far back as a token can live', async () => {
    const { store, feed, knows } = setUp(new RemoteStore());
    store.revokeRemotely('before');
    const bootedAt = Date.now();
    await feed.start();
    expect(knows('before')).toBe(true);
    expect(store.asked[0]).toEqual(new Date(bootedAt - LIFETIME * 1000));
    await feed.stop();
  });

  test('what another process revokes is known within a second', async () => {
    const { store, feed, knows } = setUp(new RemoteStore());
    await feed.start();
    store.revokeRemotely('later');
    expect(knows('later')).toBe(false);
    await jest.advanceTimersByTimeAsync(999);
    expect(knows('later')).toBe(true);
    await feed.stop();
  });

  test('a store that does not answer makes tokens unverifiable within seconds, and verifiable again when it does', async () => {
    const { store, revocations, feed } = setUp(new RemoteStore());
    await feed.start();
    store.down = true;
    await jest.advanceTimersByTimeAsync(4000);
    expect(revocations.current).toBe(false);
    store.down = false;
    await jest.advanceTimersByTimeAsync(600);
    expect(revocations.current).toBe(true);
    await feed.stop();
  });

  test('a process whose store is down at boot vouches for no token until it was heard', async () => {
    const { store, revocations, feed, knows } = setUp(new RemoteStore());
    store.down = true;
    store.revokeRemotely('before');
    await feed.start();
    expect(revocations.current).toBe(false);
    store.down = false;
    await jest.advanceTimersByTimeAsync(600);
    expect([revocations.current, knows('before')]).toEqual([true, true]);
    await feed.stop();
  });

  test('a store that pushes is listened to; when messages may be missing, it is asked', async () => {
    const store = new RemoteStore();
    let push: (revoked: RevokedSession) => void = () => {};
    let lose: () => void = () => {};
    const stopped = jest.fn(async () => {});
    const watched = Object.assign(store, {
      watchRevocations: async (onRevoked: typeof push, onLost: typeof lose) => {
        [push, lose] = [onRevoked, onLost];
        return stopped;
      },
    });
    const { feed, knows } = setUp(watched);
    await feed.start();
    push(store.revokeRemotely('pushed'));
    expect(knows('pushed')).toBe(true);
    store.revokeRemotely('missed');
    lose();
    await jest.advanceTimersByTimeAsync(0);
    expect(knows('missed')).toBe(true);
    await feed.stop();
    expect(stopped).toHaveBeenCalledTimes(1);
  });

  test('a watch that only begins after the end is ended', async () => {
    const stopped = jest.fn(async () => {});
    let connect: () => void = () => {};
    const late = new Promise<void>((resolve) => {
      connect = resolve;
    });
    const { feed } = setUp(
      Object.assign(new RemoteStore(), {
        watchRevocations: async () => {
          await late;
          return stopped;
        },
      }),
    );
    await feed.start();
    await feed.stop();
    connect();
    await jest.advanceTimersByTimeAsync(0);
    expect(stopped).toHaveBeenCalledTimes(1);
  });

  test('nothing is asked after the end', async () => {
    const { store, feed } = setUp(new RemoteStore());
    await feed.start();
    await feed.stop();
    const asked = store.asked.length;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(store.asked).toHaveLength(asked);
  });
});
