import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { AuthError } from '../errors/auth-error.js';
import { Trace } from '../errors/trace.js';
import { Observation } from './observation.js';
import type { CallContext, Decision, Observer, Operation, Outcome } from './observer.js';

const LOGIN: Operation = { name: 'login' };
const refused = new AuthError('missing_token');
const broken = () => {
  throw new Error('hunter2');
};

let now: number;
let reported: unknown[];
let observation: Observation;
beforeEach(() => {
  now = 1000;
  reported = [];
  observation = new Observation(
    (error) => reported.push(error),
    () => now,
  );
});

const context = {
  getType: () => 'http',
  getHandler: () => broken,
  getClass: () => Observation,
  getArgs: () => [],
} as unknown as CallContext;

test('nothing is observed until an observer is added, and then only what it observes', () => {
  expect([observation.decisions, observation.operations]).toEqual([undefined, undefined]);
  observation.add('idle', {});
  expect([observation.decisions, observation.operations]).toEqual([undefined, undefined]);
  observation.add('counter', { decided: () => {} });
  expect([observation.decisions, observation.operations]).toEqual([expect.anything(), undefined]);
});

describe('an observer on demand', () => {
  test('begins turned off, and sees what comes while it is on', () => {
    const seen: Decision[] = [];
    const started = jest.fn(() => undefined);
    let turn: (isOn: boolean) => void = broken;
    observation.add('page', {
      onDemand: (given) => {
        turn = given;
      },
      decided: (decision) => seen.push(decision),
      started,
    });
    expect([observation.decisions, observation.operations]).toEqual([undefined, undefined]);
    turn(true);
    turn(true);
    observation.decisions?.watch(context, () => true);
    observation.operations?.watch(LOGIN, async () => {});
    expect([seen.length, started.mock.calls.length]).toEqual([1, 1]);
    turn(false);
    expect([observation.decisions, observation.operations]).toEqual([undefined, undefined]);
  });

  test('sees no decision that is made after it was turned off', async () => {
    const seen: Decision[] = [];
    const always: Decision[] = [];
    let turn: (isOn: boolean) => void = broken;
    observation.add('page', {
      onDemand: (given) => {
        turn = given;
      },
      decided: (decision) => seen.push(decision),
    });
    observation.add('watch', { decided: (decision) => always.push(decision) });
    turn(true);
    const running = observation.decisions?.watch(context, async () => true);
    turn(false);
    await running;
    observation.decisions?.watch(context, () => true);
    expect([seen.length, always.length]).toEqual([0, 2]);
  });

  test('stays off if its onDemand throws, and nothing else fails', () => {
    observation.add('broken', { onDemand: broken, decided: broken });
    expect(observation.decisions).toBeUndefined();
    expect(reported).toHaveLength(1);
  });
});

describe('a decision', () => {
  let decisions: Decision[];
  const later = () => new Promise<void>((resolve) => setImmediate(resolve));
  const decide: (answer: () => boolean | Promise<boolean>) => unknown = (answer) =>
    observation.decisions?.watch(context, answer);

  beforeEach(() => {
    decisions = [];
    observation.add('watch', { decided: (decision) => decisions.push(decision) });
  });

  test('that is made without a promise is reported with its duration, and returned without a promise', () => {
    const answer = observation.decisions?.watch(context, (notes) => {
      Object.assign(notes, { caller: 'ann', policy: { access: 'authenticated' } });
      now += 5;
      return true;
    });
    expect(answer).toBe(true);
    const policy = { access: 'authenticated' };
    expect(decisions).toEqual([
      { transport: 'http', context, policy, caller: 'ann', refusal: undefined, milliseconds: 5 },
    ]);
    expect(Object.isFrozen(decisions[0])).toBe(true);
  });

  test('that needs a store is reported when it is made', async () => {
    const answer = decide(async () => {
      await later();
      now += 7;
      return true;
    });
    expect(decisions).toEqual([]);
    expect(await answer).toBe(true);
    expect(decisions).toEqual([expect.objectContaining({ caller: null, refusal: undefined, milliseconds: 7 })]);
  });

  test.each([
    ['at once', broken],
    ['later', () => Promise.reject(new Error('hunter2'))],
  ])('that throws %s is a refusal, without the message of a foreign error', async (_, answer) => {
    await expect((async () => decide(answer))()).rejects.toThrow('hunter2');
    expect(decisions[0]?.refusal).toEqual({ code: 'Error', status: 500, error: expect.any(Trace) });
    expect(decisions[0]?.refusal?.error.message).toBe('');
    expect(decisions[0]?.refusal?.error.stack).not.toContain('hunter2');
  });

  test("has the reason of a refusal, not the transport's translation", () => {
    expect(() =>
      observation.decisions?.watch(context, (notes) => {
        notes.refusal = refused;
        throw new Error('as the transport says it');
      }),
    ).toThrow('as the transport says it');
    expect(decisions[0]?.refusal).toEqual({ code: 'missing_token', status: 401, error: refused });
  });

  test('that throws undefined, or is false, is a refusal too', () => {
    expect(() =>
      decide(() => {
        throw undefined;
      }),
    ).toThrow();
    expect(decide(() => false)).toBe(false);
    expect(decisions.map(({ refusal }) => refusal)).toEqual([
      expect.objectContaining({ status: 500 }),
      expect.objectContaining({ code: 'insufficient_scope' }),
    ]);
  });

  test.each<[string, Observer['decided']]>([
    ['throws', broken],
    ['rejects', (async () => broken()) as never],
    ['answers with true', (() => true) as never],
  ])('stays the same if an observer %s, and the next observer is told', async (how, decided) => {
    observation = new Observation(
      (error) => reported.push(error),
      () => now,
    );
    observation.add('broken', { decided } as Observer);
    observation.add('watch', { decided: (decision) => decisions.push(decision) });
    expect(decide(() => true)).toBe(true);
    expect(decide(() => false)).toBe(false);
    expect(() => decide(broken)).toThrow('hunter2');
    expect(await decide(async () => true)).toBe(true);
    await expect(decide(() => Promise.reject(refused))).rejects.toBe(refused);
    expect(decisions).toHaveLength(5);
    await later();
    expect(reported).toHaveLength(how === 'answers with true' ? 0 : 1);
  });
});

describe('an operation', () => {
  const watch = <T>(work: () => Promise<T>, isAnswer?: (rejection: unknown) => boolean) =>
    observation.operations?.watch(LOGIN, work, isAnswer);

  test('is reported before it begins, and when it has ended, before its caller continues', async () => {
    const order: unknown[] = [];
    observation.add('watch', {
      started: (operation) => {
        order.push(operation.name);
        return { ended: (outcome) => order.push(outcome) };
      },
    });
    await watch(async () => {
      order.push('work');
      await Promise.resolve();
      now += 3;
    });
    order.push('caller');
    expect(order).toEqual(['login', 'work', { milliseconds: 3, refusal: undefined }, 'caller']);
  });

  test('is the same promise as if nobody observed', () => {
    observation.add('watch', { started: () => ({ within: (run) => run(), ended: () => {} }) });
    const promise = Promise.resolve('tokens');
    expect(watch(() => promise)).toBe(promise);
  });

  test('contains an AuthError unchanged, and only the name of any other error', async () => {
    const outcomes: Outcome[] = [];
    observation.add('watch', { started: () => ({ ended: (outcome) => outcomes.push(outcome) }) });
    await expect(watch(() => Promise.reject(refused))).rejects.toBe(refused);
    await expect(watch(async () => broken())).rejects.toThrow('hunter2');
    await expect(watch(broken)).rejects.toThrow('hunter2');
    await expect(
      watch(
        () => Promise.reject({ spent: true }),
        () => true,
      ),
    ).rejects.toEqual({ spent: true });
    expect(outcomes.map(({ refusal }) => refusal?.error)).toEqual([
      refused,
      expect.any(Trace),
      expect.any(Trace),
      undefined,
    ]);
    expect(String(outcomes[1]?.refusal?.error.stack)).not.toContain('hunter2');
  });

  test('runs within the contexts of all observers, the first one outermost', async () => {
    const order: string[] = [];
    const observer = (name: string): Observer => ({
      started: () => ({
        within(run) {
          order.push(`${name} opens`);
          run();
          order.push(`${name} closes`);
        },
      }),
    });
    observation.add('a', observer('a'));
    observation.add('b', observer('b'));
    await watch(async () => order.push('work'));
    expect(order).toEqual(['a opens', 'b opens', 'work', 'b closes', 'a closes']);
  });

  const unlike: [string, Observer][] = [
    ['throws before it begins', { started: broken }],
    ['has started() that rejects', { started: (async () => broken()) as never }],
    ['throws before it runs it', { started: () => ({ within: broken }) }],
    [
      'throws after it ran it',
      {
        started: () => ({
          within(run) {
            run();
            broken();
          },
        }),
      },
    ],
    ['does not run it', { started: () => ({ within: () => {} }) }],
    [
      'runs it three times, and once more later',
      {
        started: () => ({
          within(run) {
            for (let n = 0; n < 3; n++) run();
            setImmediate(run);
          },
        }),
      },
    ],
    ['throws when it has ended', { started: () => ({ ended: broken }) }],
    [
      'has a watch whose members throw',
      {
        started: () => ({
          get within(): never {
            return broken();
          },
          get ended(): never {
            return broken();
          },
        }),
      },
    ],
  ];

  test.each(unlike)('runs once and ends as it would if an observer %s', async (_, observer) => {
    const ended = jest.fn();
    observation.add('unlike', observer);
    observation.add('next', { started: () => ({ within: (run) => run(), ended }) });
    const succeeds = jest.fn(async () => 'tokens');
    const fails = jest.fn(() => Promise.reject(refused));
    expect(await watch(succeeds)).toBe('tokens');
    await expect(watch(fails)).rejects.toBe(refused);
    await new Promise((resolve) => setImmediate(resolve));
    expect([succeeds.mock.calls.length, fails.mock.calls.length, ended.mock.calls.length]).toEqual([1, 1, 2]);
  });

  test('reports what an observer throws once for each of its methods, and without the message', async () => {
    observation.add('telemetry', { started: () => ({ within: broken, ended: broken }) });
    for (let n = 0; n < 3; n++) await watch(async () => {});
    expect(reported).toHaveLength(2);
    for (const error of reported) {
      expect(error).toMatchObject({ code: 'contract_broken', message: expect.stringContaining('telemetry') });
      expect((error as Error).cause).toMatchObject({ message: '' });
    }
  });
});
