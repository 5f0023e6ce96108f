import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { AuthError } from '../errors/auth-error.js';
import { LiveConnections } from './live-connections.js';

const all: LiveConnections[] = [];
afterEach(async () => {
  await Promise.all(all.splice(0).map((connections) => connections.stop()));
});

function connections(): LiveConnections {
  const made = new LiveConnections(5);
  all.push(made);
  return made;
}

function open(live: LiveConnections, check: () => unknown = () => {}, sessionId?: string) {
  let forget = () => {};
  const closed = new Promise<AuthError>((resolve) => {
    forget = live.add({ sessionId, check, close: resolve });
  });
  return { closed, forget };
}

describe('what stays open', () => {
  test('a connection is closed once its caller would be refused, with the reason', async () => {
    const live = connections();
    let expired = false;
    const { closed } = open(live, () => {
      if (expired) throw new AuthError('token_expired');
    });
    expired = true;
    expect((await closed).code).toBe('token_expired');
    expect(live.size).toBe(0);
  });

  test('a connection is closed at once when its session ends, and no other is', async () => {
    const live = connections();
    const [one, other, third] = [open(live, undefined, 'a'), open(live, undefined, 'a'), open(live, undefined, 'b')];
    live.endSession('a');
    expect(live.size).toBe(1);
    expect((await Promise.all([one.closed, other.closed])).map(({ code }) => code)).toEqual([
      'token_revoked',
      'token_revoked',
    ]);
    third.forget();
    expect(live.size).toBe(0);
  });

  test('a connection is closed when the check itself breaks', async () => {
    const { closed } = open(connections(), () => Promise.reject(new TypeError('broken')));
    expect((await closed).code).toBe('store_unavailable');
  });

  test('a connection that cannot be closed harms no other', async () => {
    const live = connections();
    const refuse = () => {
      throw new AuthError('token_expired');
    };
    live.add({ sessionId: undefined, check: refuse, close: () => refuse() });
    const { closed } = open(live, refuse);
    expect((await closed).code).toBe('token_expired');
    expect(live.size).toBe(0);
  });

  test('connections are checked in parts, so that other work can run in between', async () => {
    const live = connections();
    let turns = 0;
    let last = () => {};
    const finished = new Promise<void>((resolve) => {
      last = resolve;
    });
    const seen: number[] = [];
    for (let index = 0; index < 250; index++) {
      open(live, () => {
        seen.push(turns);
        if (seen.length === 1) setImmediate(() => turns++);
        if (seen.length === 250) last();
      });
    }
    await finished;
    expect(seen[0]).toBe(0);
    expect(seen[249]).toBeGreaterThan(0);
  });

  test('connections are not checked after stop', async () => {
    const live = connections();
    let checks = 0;
    const first = new Promise<void>((resolve) => {
      open(live, () => {
        checks++;
        resolve();
      });
    });
    await first;
    await live.stop();
    const before = checks;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(checks).toBe(before);
  });

  test('connections are checked again within three seconds, however long the last run waited for a store', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    try {
      const live = connections();
      let checks = 0;
      open(live, () => {
        checks++;
        return checks === 1 ? new Promise((resolve) => setTimeout(resolve, 60_000)) : undefined;
      });
      await jest.advanceTimersByTimeAsync(5 + 60_000);
      // A run yields once to other work.
      await new Promise((resolve) => setImmediate(resolve));
      expect(checks).toBe(1);
      await jest.advanceTimersByTimeAsync(3000);
      expect(checks).toBe(2);
    } finally {
      jest.useRealTimers();
    }
  });
});
