import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { MemorySessionStore } from '../../memory/session-store.js';
import type { RevokedPage, RevokedSession, SessionStore } from '../../ports/session-store.js';
import { AuthError } from '../errors/auth-error.js';
import { Trace } from '../errors/trace.js';
import { tombstoneOf } from '../refresh-tokens/tombstone.js';
import { ElapsedTime } from '../resilience/elapsed-time.js';
import { RevocationFeed } from './revocation-feed.js';
import { Revocations } from './revocations.js';

const LIFETIME = 910;
const OVERLAP = 11;

/** A store whose revocations another process writes. */
class RemoteStore extends MemorySessionStore {
  readonly asked: Date[] = [];
  readonly pages: RevokedPage[] = [];
  readonly remote: RevokedSession[] = [];
  down = false;
  /** Its answers wait for this promise. */
  gate = Promise.resolve();

  override async revokedSince(since: Date, page: RevokedPage): Promise<readonly RevokedSession[]> {
    this.asked.push(since);
    this.pages.push(page);
    if (this.down)
      throw new AuthError('store_unavailable', { retryAfter: 1, cause: new Trace({ message: 'refused, 42P01' }) });
    const answer = this.remote
      .filter(({ sessionId, revokedAt }) =>
        +revokedAt === +since && page.afterId !== undefined ? sessionId > page.afterId : revokedAt >= since,
      )
      .sort((a, b) => +a.revokedAt - +b.revokedAt || (a.sessionId < b.sessionId ? -1 : 1))
      .slice(0, page.limit);
    await this.gate;
    return answer;
  }

  revokeRemotely(sessionId: string, revokedAt = new Date()): RevokedSession {
    const revoked = { sessionId, userId: 'ann', revokedAt };
    this.remote.push(revoked);
    return revoked;
  }

  /** Delays every answer until the returned function is called. */
  hang(): () => void {
    let release = () => {};
    this.gate = new Promise((resolve) => {
      release = resolve;
    });
    return () => {
      this.gate = Promise.resolve();
      release();
    };
  }
}

function setUp<Store extends SessionStore>(store: Store) {
  const revocations = new Revocations(LIFETIME, Date.now);
  /** How long the process was stopped, by each of its clocks. */
  const stopped = { wall: 0, steady: 0 };
  const warnings: string[] = [];
  const feed = new RevocationFeed({
    store,
    watch: store.watchRevocations?.bind(store),
    revocations,
    lifetime: LIFETIME,
    overlap: OVERLAP,
    clock: () => Date.now() + stopped.wall,
    onFailedStart: (reason) => warnings.push(reason),
    elapsed: new ElapsedTime({
      wall: () => Date.now() + stopped.wall,
      steady: () => performance.now() + stopped.steady,
    }),
  });
  const knows = (sessionId: string) => revocations.hasSession(sessionId);
  const stop = (wall: number, steady = wall) => {
    stopped.wall += wall;
    stopped.steady += steady;
  };
  return { store, revocations, feed, knows, stop, warnings };
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error instanceof AuthError ? error.code : String(error)),
  );

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
    expect(store.asked[0]).toEqual(new Date(bootedAt - (LIFETIME + OVERLAP) * 1000));
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

  test('a tombstone tells of a user whose rows are gone, and does not count as a session', async () => {
    const { store, revocations, feed, knows } = setUp(new RemoteStore());
    const tombstone = tombstoneOf('ann', Date.now(), LIFETIME);
    store.revokeRemotely(tombstone.id);
    await feed.start();
    expect([revocations.hasUser('ann'), revocations.hasUser('bob'), knows(tombstone.id)]).toEqual([true, false, true]);
    await feed.stop();
  });

  test('thousands of revocations are read in pages, even if all of them have the same time', async () => {
    const { store, revocations, feed, stop } = setUp(new RemoteStore());
    for (let n = 0; n < 2500; n++) store.revokeRemotely(`s${n}`);
    await feed.start();
    expect(revocations.added).toBe(2500);
    expect(store.pages.map(({ limit }) => limit)).toEqual([1000, 1000, 1000]);
    expect(feed.isCurrent()).toBe(true);
    // Rows that are read again do not count as new.
    await jest.advanceTimersByTimeAsync(500);
    expect(revocations.added).toBe(2500);
    // After the overlap they are not read again.
    stop(OVERLAP * 1000 + 1000);
    await jest.advanceTimersByTimeAsync(500);
    store.pages.length = 0;
    await jest.advanceTimersByTimeAsync(500);
    expect(store.pages).toEqual([{ limit: 1000, afterId: undefined }]);
    await feed.stop();
  });

  test('a store that ignores the page position is not read for ever', async () => {
    const { store, revocations, feed } = setUp(new RemoteStore());
    for (let n = 0; n < 1000; n++) store.revokeRemotely(`s${n}`);
    const answer = store.revokedSince.bind(store);
    store.revokedSince = (since, { limit }) => answer(since, { limit });
    await feed.start();
    expect([revocations.added, store.pages.length]).toEqual([1000, 2]);
    await feed.stop();
  });

  test('a poll reads again only what may have been written late', async () => {
    const { store, feed } = setUp(new RemoteStore());
    await feed.start();
    const asked = Date.now();
    await jest.advanceTimersByTimeAsync(500);
    expect(store.asked).toEqual([new Date(asked - (LIFETIME + OVERLAP) * 1000), new Date(asked - OVERLAP * 1000)]);
    await feed.stop();
  });

  test('a store that pushes is watched; if messages may be lost, it is asked', async () => {
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

describe('whether revocations are current', () => {
  test.each([
    ['stopped by a signal', 4000, 4000],
    ['suspended with its machine', 4000, 0],
    ['stopped while the wall clock was set back', -3_600_000, 4000],
    ['left with a wall clock that was set back', -3_600_000, 0],
    ['left with a wall clock that was set forward', 3_600_000, 0],
  ])('is false in a process that was %s, until it has asked', async (_, wall, steady) => {
    const { store, feed, knows, stop } = setUp(new RemoteStore());
    await feed.start();
    expect(feed.isCurrent()).toBe(true);
    stop(wall, steady);
    store.revokeRemotely('meanwhile');
    expect(feed.isCurrent()).toBe(false);
    await feed.catchUp();
    expect([feed.isCurrent(), knows('meanwhile')]).toEqual([true, true]);
    await feed.stop();
  });

  test('is counted from the question: an answer that was under way when the process was stopped is too old', async () => {
    const { store, feed, knows, stop } = setUp(new RemoteStore());
    await feed.start();
    const release = store.hang();
    await jest.advanceTimersByTimeAsync(500);
    expect(store.asked).toHaveLength(2);
    stop(4000);
    store.revokeRemotely('meanwhile');
    const caughtUp = feed.catchUp();
    release();
    await caughtUp;
    expect([feed.isCurrent(), knows('meanwhile'), store.asked.length]).toEqual([true, true, 3]);
    await feed.stop();
  });

  test('if a store hangs, tokens are refused after three seconds, whatever its own timeout, and the store is still asked', async () => {
    const { store, feed, knows } = setUp(new RemoteStore());
    await feed.start();
    const release = store.hang();
    await jest.advanceTimersByTimeAsync(3000);
    expect(feed.isCurrent()).toBe(true);
    await jest.advanceTimersByTimeAsync(1);
    expect(feed.isCurrent()).toBe(false);
    const refused = codeOf(feed.catchUp());
    await jest.advanceTimersByTimeAsync(2000);
    expect(await refused).toBe('store_unavailable');
    const asked = store.asked.length;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(store.asked.length).toBeGreaterThanOrEqual(asked + 2);
    store.revokeRemotely('meanwhile');
    release();
    await jest.advanceTimersByTimeAsync(4000);
    expect([feed.isCurrent(), knows('meanwhile')]).toEqual([true, true]);
    await feed.stop();
  });

  test('an answer after the deadline counts for what is left of its time', async () => {
    const { store, feed } = setUp(new RemoteStore());
    await feed.start();
    const release = store.hang();
    await jest.advanceTimersByTimeAsync(500 + 2500);
    release();
    await jest.advanceTimersByTimeAsync(499);
    expect(feed.isCurrent()).toBe(true);
    await feed.stop();
  });

  test('is counted from the first page: what ended while the others were read may be missing', async () => {
    const { store, feed, stop } = setUp(new RemoteStore());
    for (let n = 0; n < 1500; n++) store.revokeRemotely(`s${n}`);
    const answer = store.revokedSince.bind(store);
    store.revokedSince = async (since, page) => {
      if (page.afterId !== undefined) stop(4000);
      return answer(since, page);
    };
    await feed.start();
    expect([feed.isCurrent(), store.pages.length]).toEqual([false, 2]);
    await feed.stop();
  });

  test('one question serves all who wait', async () => {
    const { store, feed, stop } = setUp(new RemoteStore());
    await feed.start();
    stop(4000);
    const asked = store.asked.length;
    await Promise.all(Array.from({ length: 1000 }, () => feed.catchUp()));
    expect(store.asked).toHaveLength(asked + 1);
    await feed.stop();
  });

  test('a store that refuses is not asked by each request', async () => {
    const { store, feed, stop } = setUp(new RemoteStore());
    await feed.start();
    stop(4000);
    store.down = true;
    const asked = store.asked.length;
    for (let n = 0; n < 100; n++) expect(await codeOf(feed.catchUp())).toBe('store_unavailable');
    expect(store.asked).toHaveLength(asked + 1);
    store.down = false;
    await jest.advanceTimersByTimeAsync(600);
    expect(feed.isCurrent()).toBe(true);
    await feed.stop();
  });

  test('a process whose store is down at boot accepts no token until the store answers, and says why once', async () => {
    const { store, feed, knows, warnings } = setUp(new RemoteStore());
    store.down = true;
    store.revokeRemotely('before');
    await feed.start();
    expect(feed.isCurrent()).toBe(false);
    await jest.advanceTimersByTimeAsync(5000);
    expect(warnings).toEqual(['refused, 42P01']);
    store.down = false;
    await jest.advanceTimersByTimeAsync(600);
    expect([feed.isCurrent(), knows('before')]).toEqual([true, true]);
    await feed.stop();
  });

  test('boot does not wait for long for a store that hangs', async () => {
    const { store, feed, warnings } = setUp(new RemoteStore());
    store.hang();
    const started = feed.start();
    await jest.advanceTimersByTimeAsync(2000);
    await started;
    expect(warnings).toEqual([expect.stringContaining('did not answer within 2000 ms')]);
    await feed.stop();
  });

  test('is false before the start, so that no token is accepted unchecked during boot', () => {
    const { feed, revocations } = setUp(new RemoteStore());
    expect(revocations.source?.isCurrent()).toBe(false);
    expect(feed.isCurrent()).toBe(false);
  });

  test('a clock that was ahead hides revocations no longer than until it is corrected', async () => {
    const { store, feed, knows, stop } = setUp(new RemoteStore());
    await feed.start();
    stop(60_000, 0);
    await jest.advanceTimersByTimeAsync(1000);
    store.revokeRemotely('unseen', new Date());
    await jest.advanceTimersByTimeAsync(20_000);
    expect(knows('unseen')).toBe(false);
    stop(-60_000, 0);
    await jest.advanceTimersByTimeAsync(600);
    expect(knows('unseen')).toBe(true);
    await feed.stop();
  });
});

test('a store without revokedSince is never asked, and nobody waits for it', async () => {
  const store = Object.assign(new MemorySessionStore(), { revokedSince: undefined });
  const { feed, revocations } = setUp(store as unknown as SessionStore);
  await feed.start();
  expect(revocations.source).toBeUndefined();
  await feed.stop();
});
