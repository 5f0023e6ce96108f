import { beforeEach, describe, expect, test } from '@jest/globals';
import { MemoryEphemeralStore } from '../../memory/ephemeral-store.js';
import { MemoryUserStore } from '../../memory/user-store.js';
import { OneTimeTokens } from './one-time-token.js';
import { Questions, type Verdict } from './questions.js';

let now: number;
let tokens: OneTimeTokens;
let questions: Questions;

beforeEach(() => {
  now = 0;
  const clock = () => now;
  tokens = new OneTimeTokens(new MemoryEphemeralStore({ clock }), new MemoryUserStore(), Buffer.alloc(32, 1));
  questions = new Questions(tokens, clock);
});

const ask = () => questions.ask('riddle', 'the subject', 600);
const answer = (token: string, verdict: Verdict<unknown>, purpose = 'riddle') =>
  questions.answer(purpose, token, async () => verdict);

describe('a question', () => {
  test('is shown to the judge, and is gone after the right answer', async () => {
    const token = await ask();
    const right = await questions.answer('riddle', token, async (subject) => ({ right: `${subject}, answered` }));
    expect(right).toEqual({ right: 'the subject, answered' });
    expect(await answer(token, { right: 1 })).toBe('void');
  });

  test('takes five wrong answers, in parallel and one after another', async () => {
    const token = await ask();
    const all = await Promise.all(Array.from({ length: 50 }, () => answer(token, 'wrong')));
    for (let n = 0; n < 50; n++) all.push(await answer(token, 'wrong'));
    expect(all.filter((verdict) => verdict === 'wrong')).toHaveLength(5);
    expect(await answer(token, { right: 1 })).toBe('void');
  });

  test('accepts one of 50 concurrent right answers', async () => {
    const token = await ask();
    const all = await Promise.all(Array.from({ length: 50 }, (_, n) => answer(token, { right: n })));
    expect(all.filter((verdict) => verdict !== 'void')).toHaveLength(1);
  });

  test('is deleted if the judge says that it is void', async () => {
    const token = await ask();
    expect(await answer(token, 'void')).toBe('void');
    expect(await answer(token, { right: 1 })).toBe('void');
  });

  test('stays unchanged if the judge throws', async () => {
    const token = await ask();
    for (let n = 0; n < 9; n++) {
      const failing = questions.answer('riddle', token, () => Promise.reject(new Error('down')));
      await expect(failing).rejects.toThrow('down');
    }
    expect(await answer(token, { right: 1 })).toEqual({ right: 1 });
  });

  test('is not extended by a wrong answer', async () => {
    const token = await ask();
    now = 599_000;
    expect(await answer(token, 'wrong')).toBe('wrong');
    now = 600_000;
    expect(await answer(token, { right: 1 })).toBe('void');
  });

  test('can have a token that is known in advance, for only one purpose', async () => {
    const token = await tokens.issue('other', 'x', 600);
    expect(await questions.ask('riddle', 'the subject', 600, token)).toBe(token);
    expect(await answer(token, { right: 1 }, 'rhyme')).toBe('void');
    expect(await answer(token, { right: 1 })).toEqual({ right: 1 });
  });
});
