import { setImmediate as nextTurn } from 'node:timers/promises';
import { ElapsedTime } from '@acme/nest-auth';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { RecentAnswers } from './recent-answers.js';

interface Holder {
  readonly id: string;
}

const clock = { steady: 0, wall: 0 };
let asked: string[] = [];
let rows: Map<string, Holder>;
/** Each reading awaits this after its lookup, so that a test can delay the answer. */
let hold: Promise<void> | undefined;
let answers: RecentAnswers<Holder>;

beforeEach(() => {
  Object.assign(clock, { steady: 0, wall: 1_000_000 });
  [asked, hold] = [[], undefined];
  rows = new Map([['a', { id: 'a' }]]);
  const time = new ElapsedTime({ steady: () => clock.steady, wall: () => clock.wall });
  answers = new RecentAnswers(async (key) => {
    asked.push(key);
    const found = rows.get(key) ?? null;
    await hold;
    return found;
  }, time);
});

const pass = (ms: number) => {
  clock.steady += ms;
  clock.wall += ms;
};

function gate() {
  let open = () => {};
  hold = new Promise((resolve) => {
    open = resolve;
  });
  return open;
}

describe('an answer', () => {
  test('is given again for 900 ms without a promise, then the store is asked again', async () => {
    expect(await answers.get('a')).toEqual({ id: 'a' });
    pass(900);
    expect(answers.get('a')).toEqual({ id: 'a' });
    rows.delete('a');
    pass(1);
    expect(await answers.get('a')).toBeNull();
    expect(asked).toEqual(['a', 'a']);
  });

  test('counts its age from the question: the store may have changed while it was on its way', async () => {
    const open = gate();
    const first = answers.get('a');
    pass(600);
    open();
    await first;
    pass(301);
    await answers.get('a');
    expect(asked).toHaveLength(2);
  });

  test.each([
    ['was suspended', { wall: 1_000_901 }],
    ['had its clock set back', { wall: 940_000 }],
    ['had its clock stopped', { steady: 901 }],
  ])('is not used after the process %s', async (_what, reading) => {
    await answers.get('a');
    Object.assign(clock, reading);
    await answers.get('a');
    expect(asked).toHaveLength(2);
  });

  test('that failed is not remembered, and all who waited for it fail', async () => {
    hold = Promise.reject(new Error('down'));
    hold.catch(() => {});
    const all = await Promise.allSettled([answers.get('a'), answers.get('a')]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    hold = undefined;
    expect(await answers.get('a')).toEqual({ id: 'a' });
    expect(asked).toHaveLength(2);
  });
});

describe('parallel requests', () => {
  test('of one key share one reading', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => answers.get('a')));
    expect(new Set(all).size).toBe(1);
    expect(asked).toEqual(['a']);
  });

  test('do not share a reading that began more than 900 ms ago', async () => {
    const open = gate();
    const first = answers.get('a');
    pass(901);
    rows.delete('a');
    const second = answers.get('a');
    open();
    expect([await first, await second]).toEqual([{ id: 'a' }, null]);
  });
});

describe('a forgotten key', () => {
  test('is asked for anew, also while an answer is on its way', async () => {
    const open = gate();
    const before = answers.get('a');
    await nextTurn();
    rows.delete('a');
    answers.forget('a');
    const after = answers.get('a');
    open();
    await before;
    expect(await after).toBeNull();
    expect(answers.get('a')).toBeNull();
  });

  test('does not come back with an answer that was on its way', async () => {
    const open = gate();
    const before = answers.get('a');
    await nextTurn();
    rows.delete('a');
    answers.forget('a');
    open();
    expect(await before).toEqual({ id: 'a' });
    expect(await answers.get('a')).toBeNull();
  });
});

describe('a flood of unknown keys', () => {
  test('looks each up once in 900 ms', async () => {
    for (let n = 0; n < 5; n++) expect(await answers.get('nobody')).toBeNull();
    expect(asked).toEqual(['nobody']);
    pass(901);
    await answers.get('nobody');
    expect(asked).toHaveLength(2);
  });

  test('never displaces a known key', async () => {
    await answers.get('a');
    for (let n = 0; n < 20_000; n++) await answers.get(`unknown-${n}`);
    asked = [];
    expect(answers.get('a')).toEqual({ id: 'a' });
    await answers.get('unknown-19999');
    expect(asked).toEqual([]);
    // The oldest ones are gone: the memory is bounded.
    await answers.get('unknown-0');
    expect(asked).toEqual(['unknown-0']);
  });

  test('is looked up 32 at a time; 1,000 wait, the rest is refused, and a known key passes', async () => {
    await answers.get('a');
    pass(901);
    const open = gate();
    const flood = Array.from({ length: 1100 }, (_, n) => answers.get(`unknown-${n}`));
    const outcomes = Promise.allSettled(flood);
    await nextTurn();
    expect(asked.filter((key) => key !== 'a')).toHaveLength(32);
    const known = answers.get('a');
    await nextTurn();
    expect(asked.at(-1)).toBe('a');
    open();
    expect(await known).toEqual({ id: 'a' });
    const refused = (await outcomes).flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    expect(refused).toEqual(Array.from({ length: 68 }, () => 'overloaded'));
    // All places are free again.
    rows.set('late', { id: 'late' });
    expect(await answers.get('late')).toEqual({ id: 'late' });
  });
});
