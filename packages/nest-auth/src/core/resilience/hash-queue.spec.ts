import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Client } from '../call.js';
import { HashQueue, type HashRequester } from './hash-queue.js';

let overloads: unknown[];
let queue: HashQueue;
let running: string[];

/** A hash that runs until it is told to end. */
function start(name: string, requester?: HashRequester) {
  let end: (error?: Error) => void = () => {};
  const ended = new Promise<string>((resolve, reject) => {
    end = (error) => (error ? reject(error) : resolve(name));
  });
  const done = queue.run(() => {
    running.push(name);
    return ended.finally(() => running.splice(running.indexOf(name), 1));
  }, requester);
  done.catch(() => {});
  return { name, done, end: (error?: Error) => end(error) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  overloads = [];
  running = [];
  queue = new HashQueue(2, 2, (state) => overloads.push(state));
});

describe('the hash queue', () => {
  test('runs no more at a time than it may, and the others in the order in which they came', async () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => start(name));
    await settled();
    expect(running).toEqual(['a', 'b']);
    b?.end();
    await settled();
    expect(running).toEqual(['a', 'c']);
    a?.end();
    await settled();
    expect(running).toEqual(['c', 'd']);
    c?.end();
    d?.end();
    expect(await Promise.all([a, b, c, d].map((hash) => hash?.done))).toEqual(['a', 'b', 'c', 'd']);
  });

  test('refuses what it cannot keep with 503 in mind, reports it once, and runs none of it', async () => {
    const held = ['a', 'b', 'c', 'd'].map((name) => start(name));
    await expect(start('e').done).rejects.toMatchObject({ code: 'overloaded', retryAfter: expect.any(Number) });
    expect(overloads).toEqual([{ running: 2, waiting: 2 }]);
    expect(running).not.toContain('e');
    for (const { end } of held) end();
    await Promise.all(held.map(({ done }) => done));
    expect(await queue.run(async () => 'accepts again')).toBe('accepts again');
  });

  test('a hash that fails frees its place and is the error of its caller alone', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => start(name));
    a?.end(new Error('native module'));
    await expect(a?.done).rejects.toThrow('native module');
    await settled();
    expect(running).toEqual(['b', 'c']);
    b?.end();
    c?.end();
    expect(await Promise.all([b?.done, c?.done])).toEqual(['b', 'c']);
    await expect(
      queue.run(() => {
        throw new Error('at once');
      }),
    ).rejects.toThrow('at once');
    expect(await Promise.all(['x', 'y'].map((name) => queue.run(async () => name)))).toEqual(['x', 'y']);
  });

  test('a newcomer cannot overtake the queue when a place becomes free', async () => {
    const [a, b, waiting] = ['a', 'b', 'waiting'].map((name) => start(name));
    let newcomer: ReturnType<typeof start> | undefined;
    void a?.done.then(() => {
      newcomer = start('newcomer');
    });
    a?.end();
    await settled();
    expect(running).toEqual(['b', 'waiting']);
    for (const hash of [b, waiting, newcomer]) hash?.end();
    await newcomer?.done;
  });

  test('a queue of none refuses at once when every place is taken', async () => {
    queue = new HashQueue(1, 0, (state) => overloads.push(state));
    const only = start('only');
    await expect(start('next').done).rejects.toMatchObject({ code: 'overloaded' });
    only.end();
    expect(await only.done).toBe('only');
  });
});

const stranger = (...networks: string[]): HashRequester => ({ networks, known: false });
const known = (...networks: string[]): HashRequester => ({ networks, known: true });
const busy = expect.objectContaining({ code: 'overloaded', retryAfter: expect.any(Number) });

/** Ends running hashes until none is left. @returns the names in the order in which they began */
async function drain(hashes: readonly ReturnType<typeof start>[]): Promise<string[]> {
  const began: string[] = [];
  while (running.length > 0) {
    const [name = ''] = running;
    began.push(name);
    for (const hash of hashes) if (hash.name === name) hash.end();
    await settled();
  }
  return began;
}

describe('a flood of one network', () => {
  test('refuses nobody else: the newest of its places goes to the newcomer', async () => {
    queue = new HashQueue(1, 3, (state) => overloads.push(state));
    const flood = ['f1', 'f2', 'f3', 'f4', 'f5'].map((name) => start(name, stranger('a')));
    await expect(flood[4]?.done).rejects.toEqual(busy);
    const other = start('other', stranger('b'));
    await expect(flood[3]?.done).rejects.toEqual(busy);
    expect(overloads).toHaveLength(2);
    expect(await drain([...flood, other])).toEqual(['f1', 'f2', 'other', 'f3']);
    expect(await other.done).toBe('other');
  });

  test('makes nobody else wait for more than one of its hashes', async () => {
    queue = new HashQueue(1, 10, () => {});
    const flood = Array.from({ length: 8 }, (_, i) => start(`f${i}`, stranger('a', `a${i}`)));
    const others = ['b', 'c'].map((name) => start(name, stranger(name)));
    expect((await drain([...flood, ...others])).slice(0, 4)).toEqual(['f0', 'f1', 'b', 'c']);
  });
});

describe('accounts that are known at their address', () => {
  test('have places that strangers cannot fill, from however many networks they come', async () => {
    queue = new HashQueue(1, 3, (state) => overloads.push(state));
    const strangers = ['s0', 's1', 's2', 's3'].map((name) => start(name, stranger(name)));
    await expect(start('one more', stranger('s4')).done).rejects.toEqual(busy);
    const owner = start('owner', known('s4'));
    expect(await drain([...strangers, owner])).toEqual(['s0', 'owner', 's1', 's2', 's3']);
  });

  test('leave every other turn to strangers', async () => {
    queue = new HashQueue(1, 4, () => {});
    const owners = ['k0', 'k1', 'k2', 'k3'].map((name) => start(name, known('a')));
    const strangers = ['s1', 's2'].map((name) => start(name, stranger('a')));
    expect(await drain([...owners, ...strangers])).toEqual(['k0', 'k1', 's1', 'k2', 's2', 'k3']);
  });

  test('have no more places than strangers have', async () => {
    queue = new HashQueue(1, 2, () => {});
    const owners = ['k0', 'k1', 'k2'].map((name) => start(name, known('a')));
    await expect(start('k3', known('a')).done).rejects.toEqual(busy);
    await drain(owners);
  });
});

describe('a client that is gone', () => {
  const leaving = () => {
    const listeners = new Set<() => void>();
    const client = {
      isGone: false,
      onGone: (listener: () => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const leave = () => {
      client.isGone = true;
      for (const listener of listeners) listener();
    };
    return { requester: { ...stranger('a'), client }, leave, listeners };
  };

  test('leaves the queue at once, and its place is free', async () => {
    queue = new HashQueue(1, 1, (state) => overloads.push(state));
    const first = start('first');
    const { requester, leave } = leaving();
    const gone = start('gone', requester);
    leave();
    await expect(gone.done).rejects.toMatchObject({ code: 'overloaded' });
    const next = start('next', stranger('a'));
    expect(await drain([first, gone, next])).toEqual(['first', 'next']);
    expect(overloads).toEqual([]);
  });

  test('before it had a place costs no hash', async () => {
    const { requester, leave } = leaving();
    leave();
    await expect(start('gone', requester).done).rejects.toMatchObject({ code: 'overloaded' });
    expect(running).toEqual([]);
    expect(await queue.run(async () => 'others go on')).toBe('others go on');
  });

  test('does not stop a hash that runs, and no listener stays once it waits no more', async () => {
    queue = new HashQueue(1, 1, () => {});
    const { requester, leave, listeners } = leaving();
    const first = start('first', requester);
    const second = start('second', requester);
    expect(listeners.size).toBe(1);
    first.end();
    await settled();
    expect(listeners.size).toBe(0);
    leave();
    second.end();
    expect(await second.done).toBe('second');
  });
});

test('no place is ever lost, in any order of arrivals and departures', async () => {
  const step = fc.record({ known: fc.boolean(), network: fc.nat(3), leaves: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      queue = new HashQueue(2, 3, () => {});
      let now = 0;
      let most = 0;
      const answers = steps.map(({ known: isKnown, network, leaves }) => {
        const client: Client = {
          isGone: false,
          onGone: (listener) => {
            let waits = true;
            queueMicrotask(() => waits && listener());
            return () => {
              waits = false;
            };
          },
        };
        return queue
          .run(
            async () => {
              most = Math.max(most, ++now);
              await Promise.resolve();
              now--;
            },
            { networks: [`${network}`], known: isKnown, client: leaves ? client : undefined },
          )
          .catch((error) => expect(error).toMatchObject({ code: 'overloaded' }));
      });
      await Promise.all(answers);
      expect([now, queue.waiting, most <= 2]).toEqual([0, 0, true]);
      expect(await Promise.all([1, 2].map((n) => queue.run(async () => n)))).toEqual([1, 2]);
    }),
  );
});
