import { EventEmitter } from 'node:events';
import type { Decision } from '@acme/nest-auth';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ShownDecisions } from '../wire.js';
import { LiveDecisions } from './live-decisions.js';
import type { Output } from './page-stream.js';

/** A response that can be slow. */
class FakeOutput extends EventEmitter implements Output {
  readonly written: string[] = [];
  isSlow = false;
  hasEnded = false;

  write(text: string): boolean {
    this.written.push(text);
    return !this.isSlow;
  }

  end(): void {
    this.hasEnded = true;
  }

  get events(): ShownDecisions[] {
    return this.written.flatMap((text) => /^data: (.*)$/m.exec(text)?.[1] ?? []).map((text) => JSON.parse(text));
  }

  get calls(): string[] {
    return this.events.flatMap(({ decisions }) => decisions.map(({ call }) => call));
  }
}

let turns: boolean[];
let live: LiveDecisions;
let observed = 0;
const always = () => true;
const decide = (count = 1, call = 'GET /notes') => {
  for (let n = 0; n < count; n++) live.observer.decided?.({ transport: call } as Decision);
};

beforeEach(() => {
  jest.useFakeTimers();
  turns = [];
  observed = 0;
  live = new LiveDecisions({
    reader: {
      read({ transport }) {
        observed++;
        return { transport: 'http', call: `${transport} ${observed}`, handler: '', caller: null, microseconds: 1 };
      },
    },
    isOwn: ({ transport }) => transport === 'own',
    now: () => 0,
  });
  live.observer.onDemand?.((isOn) => turns.push(isOn));
});
afterEach(() => {
  live.stop();
  jest.useRealTimers();
});

function opened(seen = 0, isAllowed: () => boolean | Promise<boolean> = always) {
  const output = new FakeOutput();
  live.open(output, seen, isAllowed);
  return output;
}

describe('the inspector', () => {
  test('observes from the first page that is opened to the last that is closed', () => {
    expect(turns).toEqual([]);
    const [first, second] = [opened(), opened()];
    expect([turns, live.pages]).toEqual([[true], 2]);
    first.emit('close');
    first.emit('close');
    expect(turns).toEqual([true]);
    second.emit('close');
    expect([turns, live.pages]).toEqual([[true, false], 0]);
    opened();
    expect(turns).toEqual([true, false, true]);
  });

  test('sends what is decided to each page within a tenth of a second, in one event', () => {
    const pages = [opened(), opened()];
    decide(3);
    jest.advanceTimersByTime(100);
    for (const page of pages) {
      expect(page.events).toHaveLength(1);
      expect(page.calls).toEqual(['GET /notes 1', 'GET /notes 2', 'GET /notes 3']);
      expect(page.written[1]).toMatch(/^id: 3\nevent: decisions\ndata: \{.*\}\n\n$/);
    }
  });

  test('does not show what its own page asks for', () => {
    const page = opened();
    decide(1, 'own');
    jest.advanceTimersByTime(1000);
    expect([page.events, observed]).toEqual([[], 0]);
  });

  test('keeps the last 200, shows them to a page that comes later, and forgets them with the last page', () => {
    const first = opened();
    decide(250);
    const late = opened();
    expect(late.events[0]).toMatchObject({ missed: 50, decisions: { length: 200 } });
    first.emit('close');
    late.emit('close');
    jest.advanceTimersByTime(1000);
    expect(opened().events).toEqual([]);
  });

  test('does not repeat what a page has seen before its connection was lost, unless the server was restarted', () => {
    opened();
    decide(5);
    expect(opened(3).calls).toEqual(['GET /notes 4', 'GET /notes 5']);
    expect(opened(900).calls).toHaveLength(5);
  });
});

describe('a page that reads slowly', () => {
  test('holds up nobody and fills no queue; then it gets the newest, and is told what it has missed', () => {
    const [slow, fast] = [opened(), opened()];
    slow.isSlow = true;
    decide();
    jest.advanceTimersByTime(100);
    for (let n = 0; n < 50; n++) {
      decide(10);
      jest.advanceTimersByTime(100);
    }
    expect([slow.events.length, fast.events.length]).toEqual([1, 51]);
    slow.isSlow = false;
    slow.emit('drain');
    expect(slow.events[1]).toMatchObject({ missed: 300, decisions: { length: 200 } });
    expect(slow.calls.at(-1)).toBe('GET /notes 501');
  });
});

describe('an open page', () => {
  test('is kept open by a line each 15 seconds', () => {
    const page = opened();
    jest.advanceTimersByTime(31_000);
    expect(page.written).toEqual([': here\n\n', ': here\n\n', ': here\n\n']);
  });

  test.each<[string, () => boolean | Promise<boolean>]>([
    ['says no', () => false],
    [
      'throws',
      () => {
        throw new Error('revoked');
      },
    ],
    ['rejects', () => Promise.reject(new Error('revoked'))],
  ])('ends within a second once the guard %s', async (_, refuse) => {
    let ask = always as () => boolean | Promise<boolean>;
    const page = opened(0, () => ask());
    await jest.advanceTimersByTimeAsync(5000);
    expect(page.hasEnded).toBe(false);
    ask = refuse;
    await jest.advanceTimersByTimeAsync(1000);
    expect([page.hasEnded, live.pages, turns]).toEqual([true, 0, [true, false]]);
  });

  test('ends when the app stops, and no further one is opened', () => {
    const page = opened();
    live.stop();
    expect([page.hasEnded, turns, live.hasRoom]).toEqual([true, [true, false], false]);
  });

  test('is one of twenty at most', () => {
    for (let n = 0; n < 19; n++) opened();
    expect(live.hasRoom).toBe(true);
    opened();
    expect(live.hasRoom).toBe(false);
  });
});
