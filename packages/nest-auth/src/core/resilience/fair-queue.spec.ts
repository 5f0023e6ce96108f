import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FairQueue, type Waiting } from './fair-queue.js';

const drain = <T>(queue: FairQueue<T>): (T | undefined)[] => Array.from({ length: queue.size }, () => queue.shift());

describe('the fair queue', () => {
  test('is first come, first served within one network', () => {
    const queue = new FairQueue<number>();
    for (const value of [1, 2, 3]) queue.push(value, ['a', 'a1']);
    expect(drain(queue)).toEqual([1, 2, 3]);
    expect(queue.shift()).toBeUndefined();
  });

  test('lets networks take turns, however much one of them sends', () => {
    const queue = new FairQueue<string>();
    for (const value of ['a1', 'a2', 'a3', 'a4']) queue.push(value, ['a']);
    for (const value of ['b1', 'b2']) queue.push(value, ['b']);
    queue.push('c1', ['c']);
    expect(drain(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  test('lets a newcomer go ahead of a flood that takes turns already', () => {
    const queue = new FairQueue<string>();
    for (const value of ['a1', 'a2', 'a3']) queue.push(value, ['a', value]);
    for (const value of ['b1', 'b2', 'b3']) queue.push(value, ['b', value]);
    expect([queue.shift(), queue.shift()]).toEqual(['a1', 'b1']);
    queue.push('newcomer', ['c']);
    expect(drain(queue)).toEqual(['newcomer', 'a2', 'b2', 'a3', 'b3']);
  });

  test('does not let newcomers without end starve the others', () => {
    const queue = new FairQueue<string>();
    for (const value of ['a1', 'a2', 'a3']) queue.push(value, ['a']);
    const served: (string | undefined)[] = [];
    for (let i = 0; i < 12; i++) {
      queue.push('newcomer', [`new ${i}`]);
      served.push(queue.shift());
    }
    expect(served.filter((value) => value !== 'newcomer')).toEqual(['a1', 'a2', 'a3']);
  });

  test('gives a network no more turns for being divided into many', () => {
    const queue = new FairQueue<string>();
    for (let i = 0; i < 10; i++) queue.push(`flood ${i}`, ['a', `a${i}`]);
    queue.push('first', ['b', 'b1']);
    queue.push('second', ['b', 'b2']);
    expect(drain(queue).slice(0, 4)).toEqual(['flood 0', 'first', 'flood 1', 'second']);
  });

  test('drops the newest entry of the network that has the most, wherever it is', () => {
    const queue = new FairQueue<string>();
    for (const value of ['1', '2', '3']) queue.push(value, ['a', 'a1']);
    queue.push('4', ['a', 'a2']);
    for (const value of ['5', '6']) queue.push(value, ['b', 'b1']);
    expect(queue.rivalOf(['c', 'c1'])?.value).toBe('3');
    expect(queue.rivalOf(['a', 'a3'])?.value).toBe('3');
    expect(queue.rivalOf(['b', 'b1'])?.value).toBe('3');
    expect(queue.rivalOf(['a', 'a1'])).toBeUndefined();
  });

  test('drops no entry in favour of a network that has as many already', () => {
    const queue = new FairQueue<string>();
    for (const name of ['a', 'b', 'c']) queue.push(name, [name]);
    expect(queue.rivalOf(['a'])).toBeUndefined();
    expect(queue.rivalOf(['d'])).toBeUndefined();
  });

  test('agrees with a slow model, whatever is pushed, taken, removed and dropped', () => {
    type Step = { readonly kind: 'push' | 'shift' | 'remove' | 'drop'; readonly at: number };
    const step: fc.Arbitrary<Step> = fc.record({
      kind: fc.constantFrom('push', 'push', 'shift', 'remove', 'drop'),
      at: fc.nat(17),
    });
    const path = (at: number) => [`${at % 2}`, `${at % 6}`, `${at}`];
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new FairQueue<number>();
        let waiting: { readonly id: number; readonly at: number; readonly place: Waiting<number> }[] = [];
        const within = (prefix: string[]) =>
          waiting.filter(({ at }) => prefix.every((name, depth) => path(at)[depth] === name));
        steps.forEach(({ kind, at }, id) => {
          if (kind === 'push') waiting.push({ id, at, place: queue.push(id, path(at)) });
          if (kind === 'shift') {
            const value = queue.shift();
            const taken = waiting.find((entry) => entry.id === value);
            // It is the oldest of its own narrowest network.
            if (taken) expect(within(path(taken.at))[0]).toBe(taken);
            else expect(waiting).toEqual([]);
            waiting = waiting.filter((entry) => entry !== taken);
          }
          const any = waiting[at % Math.max(1, waiting.length)];
          if (kind === 'remove' && any) {
            queue.remove(any.place);
            waiting = waiting.filter((entry) => entry !== any);
          }
          if (kind === 'drop') {
            const rival = queue.rivalOf(path(at));
            const dropped = waiting.find((entry) => entry.id === rival?.value);
            if (dropped) {
              // At the level where they differ, the rival's network is the largest, and larger than the newcomer's
              // would be.
              const depth = path(at).findIndex((name, level) => path(dropped.at)[level] !== name);
              const size = (names: string[]) => within(names).length;
              const parting = path(dropped.at).slice(0, depth + 1);
              expect(depth).toBeGreaterThanOrEqual(0);
              expect(size(parting)).toBeGreaterThan(size(path(at).slice(0, depth + 1)) + 1);
              expect(within(path(dropped.at)).at(-1)).toBe(dropped);
              queue.remove(dropped.place);
              waiting = waiting.filter((entry) => entry !== dropped);
            }
          }
          expect(queue.size).toBe(waiting.length);
        });
        expect(drain(queue).sort()).toEqual(waiting.map(({ id }) => id).sort());
      }),
    );
  });
});
