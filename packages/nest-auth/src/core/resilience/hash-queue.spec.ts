import { beforeEach, describe, expect, test } from '@jest/globals';
import { HashQueue } from './hash-queue.js';

let overloads: unknown[];
let queue: HashQueue;
let running: string[];

/** A hash that takes until it is told to end. */
function start(name: string) {
  let end: (error?: Error) => void = () => {};
  const ended = new Promise<string>((resolve, reject) => {
    end = (error) => (error ? reject(error) : resolve(name));
  });
  const done = queue.run(() => {
    running.push(name);
    return ended.finally(() => running.splice(running.indexOf(name), 1));
  });
  return { done, end: (error?: Error) => end(error) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  overloads = [];
  running = [];
  queue = new HashQueue(2, 2, (state) => overloads.push(state));
});

describe('the hash queue', () => {
  test('runs no more at a time than it may, and the others in the order in which they came', async () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(start);
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
    const held = ['a', 'b', 'c', 'd'].map(start);
    await expect(start('e').done).rejects.toMatchObject({ code: 'overloaded', retryAfter: expect.any(Number) });
    expect(overloads).toEqual([{ running: 2, waiting: 2 }]);
    expect(running).not.toContain('e');
    for (const { end } of held) end();
    await Promise.all(held.map(({ done }) => done));
    expect(await queue.run(async () => 'accepts again')).toBe('accepts again');
  });

  test('a hash that fails frees its place and is the error of its caller alone', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map(start);
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
    const [a, b, waiting] = ['a', 'b', 'waiting'].map(start);
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
