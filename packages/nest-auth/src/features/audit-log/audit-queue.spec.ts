import { type AuthEvent, AuthEvents } from '@acme/nest-auth';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { AuditQueue, type AuditQueueOptions, SinkTimeout } from './audit-queue.js';
import { type AuditRecord, AuditRecords } from './audit-record.js';

const DEVICE = { ip: null, userAgent: null };

type Write = (records: readonly AuditRecord[]) => Promise<void>;

let now: number;
let said: string[];
let failures: unknown[];
let events: AuthEvents;
let written: AuditRecord[];
let queue: AuditQueue;

beforeEach(() => {
  now = Date.parse('2030-01-01T12:00:00.000Z');
  said = [];
  failures = [];
  written = [];
  events = new AuthEvents(
    () => now,
    (error) => {
      throw error;
    },
  );
});

function start(write: Write, options: Partial<AuditQueueOptions> = {}) {
  queue = new AuditQueue({
    sink: { write },
    records: new AuditRecords((_, value) => value),
    max: 10_000,
    batch: 100,
    timeout: 60_000,
    pause: { first: 1, most: 4 },
    reporter: {
      failing: (error) => {
        said.push('failing');
        failures.push(error);
      },
      full: () => said.push('full'),
      recovered: () => said.push('recovered'),
    },
    ...options,
  });
  events.subscribe((event: AuthEvent) => queue.add(event));
}

const keep: Write = async (records) => void written.push(...records);
const emit = (count: number, first = 0) => {
  for (let n = first; n < first + count; n++)
    events.emit('logged_out', { userId: `user-${n}`, sessionId: 's', device: DEVICE });
};
const users = () => written.map(({ userId }) => userId);
const expected = (count: number) => Array.from({ length: count }, (_, n) => `user-${n}`);

/** Runs `act` in the microtask of this number, counted from now. */
async function after(moment: number, act: () => void): Promise<void> {
  for (let turn = 0; turn < moment; turn++) await null;
  act();
}

/** A gate that a test opens. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('records', () => {
  test('are written in order, in batches, never two at once, however long a write takes', async () => {
    let running = 0;
    const sizes: number[] = [];
    start(
      async (records) => {
        expect(++running).toBe(1);
        sizes.push(records.length);
        for (let turns = Math.random() * 5; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
        written.push(...records);
        running--;
      },
      { batch: 7 },
    );
    for (let burst = 0; burst < 20; burst++) {
      emit(50, burst * 50);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await queue.flush(10_000);
    expect(users()).toEqual(expected(1000));
    expect(written.map(({ sequence }) => sequence)).toEqual(expected(1000).map((_, n) => n + 1));
    expect(Math.max(...sizes)).toBe(7);
  });

  test('that come while the last write ends are written too', async () => {
    for (let moment = 0; moment < 30; moment++) {
      written = [];
      let later: Promise<void> | undefined;
      start(async (records) => {
        written.push(...records);
        later ??= after(moment, () => emit(1, 1));
      });
      emit(1);
      await queue.flush(10_000);
      await later;
      await queue.flush(10_000);
      expect(users()).toEqual(expected(2));
      events = new AuthEvents(
        () => now,
        () => {},
      );
    }
  });

  test('reach the sink only after the request continues, so a busy sink does not delay it', async () => {
    let called = false;
    start(async () => {
      called = true;
    });
    emit(1);
    await null;
    expect(called).toBe(false);
    await queue.flush(10_000);
    expect(called).toBe(true);
  });
});

describe('a sink that fails', () => {
  test.each<[string, () => unknown]>([
    ['by rejecting', () => Promise.reject(new Error('down'))],
    [
      'by throwing at once',
      () => {
        throw new Error('down');
      },
    ],
    [
      'by an answer that throws',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: a hostile answer
        get then() {
          throw new Error('down');
        },
      }),
    ],
  ])('%s gets the same list with the same ids until it takes it, and is reported once', async (_, fail) => {
    const lists: (readonly AuditRecord[])[] = [];
    start(
      (records) => {
        lists.push(records);
        return lists.length <= 5 ? (fail() as Promise<void>) : keep(records);
      },
      { batch: 2 },
    );
    emit(3);
    await queue.flush(10_000);
    expect(new Set(lists.slice(0, 6)).size).toBe(1);
    expect(users()).toEqual(expected(3));
    expect(said).toEqual(['failing', 'recovered']);
  });

  test('after it has written gets the batch again, with the same ids', async () => {
    const table = new Map<string, AuditRecord>();
    let calls = 0;
    start(async (records) => {
      for (const record of records) if (!table.has(record.id)) table.set(record.id, record);
      written.push(...records);
      if (++calls % 2 === 1) throw new Error('the answer was lost');
    });
    for (let burst = 0; burst < 5; burst++) {
      emit(10, burst * 10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await queue.flush(10_000);
    expect(written.length).toBeGreaterThan(50);
    expect([...table.values()].map(({ userId }) => userId)).toEqual(expected(50));
  });

  test('by never answering is called again after the timeout', async () => {
    let calls = 0;
    start((records) => (++calls === 1 ? new Promise<void>(() => {}) : keep(records)), { timeout: 20 });
    emit(2);
    await queue.flush(10_000);
    expect(users()).toEqual(expected(2));
    expect(failures).toEqual([expect.any(SinkTimeout)]);
  });

  test('is called again after pauses that double, up to a limit', async () => {
    const times: number[] = [];
    const done = gate();
    start(
      async () => {
        times.push(performance.now());
        if (times.length === 6) return done.open();
        throw new Error('down');
      },
      { pause: { first: 20, most: 80 } },
    );
    emit(1);
    await done.opened;
    const pauses = times.slice(1).map((time, index) => time - Number(times[index]));
    // A timer may be early by a millisecond, and late by any number.
    for (const [index, least] of [20, 40, 80, 80, 80].entries())
      expect(pauses[index]).toBeGreaterThanOrEqual(least - 2);
  });

  test.each([undefined, null, 7, 'garbage', {}])('is not one that resolves with %p', async (answer) => {
    start((records) => {
      written.push(...records);
      return answer as never;
    });
    emit(3);
    await queue.flush(10_000);
    expect(users()).toEqual(expected(3));
    expect(said).toEqual([]);
  });
});

describe('a full queue', () => {
  const fill = async (recovered: Promise<void>) => {
    start((records) => recovered.then(() => keep(records)), { max: 10, batch: 4 });
    emit(10);
    now += 1000;
    emit(3, 10);
    now += 1000;
    events.emit('access_denied', { userId: 'late', handler: 'Notes.list', code: 'insufficient_scope', device: DEVICE });
  };

  test('keeps the oldest records, and replaces the dropped ones by one record', async () => {
    const { opened, open } = gate();
    await fill(opened);
    open();
    await queue.flush(10_000);
    emit(1, 14);
    await queue.flush(10_000);
    expect(users()).toEqual([...expected(10), null, 'user-14']);
    expect(written[10]).toMatchObject({
      event: 'audit_gap',
      sequence: 11,
      at: '2030-01-01T12:00:01.000Z',
      details: {
        dropped: 4,
        from: '2030-01-01T12:00:01.000Z',
        until: '2030-01-01T12:00:02.000Z',
        logged_out: 3,
        access_denied: 1,
      },
    });
    expect(written.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test('never holds more than its limit, and is reported once', async () => {
    const { opened, open } = gate();
    await fill(opened);
    emit(100_000, 20);
    expect(said).toEqual(['full']);
    open();
    await queue.flush(10_000);
    expect(written).toHaveLength(11);
    expect(written[10]?.details.dropped).toBe(100_004);
  });

  test('is reported again if it fills up again after it was empty', async () => {
    let way = gate();
    start((records) => way.opened.then(() => keep(records)), { max: 10, batch: 4 });
    for (let time = 0; time < 2; time++) {
      emit(12);
      emit(1);
      way.open();
      await queue.flush(10_000);
      way = gate();
    }
    expect(said).toEqual(['full', 'full']);
  });

  test('counts each event of a flood once: as a record, or in a gap', async () => {
    let turns = 0;
    start(
      async (records) => {
        if (turns++ % 3 === 0) throw new Error('down');
        await keep(records);
      },
      { max: 20, batch: 5 },
    );
    for (let burst = 0; burst < 200; burst++) {
      emit(7, burst * 7);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await queue.flush(10_000);
    const gaps = written.filter(({ event }) => event === 'audit_gap');
    const dropped = gaps.reduce((sum, { details }) => sum + Number(details.dropped), 0);
    expect(gaps.length).toBeGreaterThan(0);
    expect(written.length - gaps.length + dropped).toBe(1400);
    expect(written.map(({ sequence }) => sequence)).toEqual(written.map((_, n) => n + 1));
    const order = written.flatMap(({ userId }) => (userId === null ? [] : [Number(userId.slice(5))]));
    expect(order).toEqual([...order].sort((one, other) => one - other));
  });
});

describe('closing', () => {
  test('does not wait for the end of a long pause', async () => {
    let calls = 0;
    const failed = gate();
    start(
      async (records) => {
        if (++calls > 1) return keep(records);
        failed.open();
        throw new Error('down');
      },
      { pause: { first: 3_600_000, most: 3_600_000 } },
    );
    emit(3);
    await failed.opened;
    await new Promise((resolve) => setImmediate(resolve));
    await queue.flush(10_000);
    expect(users()).toEqual(expected(3));
    expect(queue.close()).toBe(0);
  });

  test.each<[string, Write]>([
    ['rejects', () => Promise.reject(new Error('down'))],
    ['never answers', () => new Promise(() => {})],
  ])('does not wait longer than its limit for a sink that %s, and counts what is lost', async (_, write) => {
    start(write, { max: 3 });
    emit(5);
    const before = performance.now();
    await queue.flush(150);
    expect(performance.now() - before).toBeLessThan(5000);
    expect(queue.close()).toBe(5);
    emit(1);
    expect(queue.close()).toBe(5);
  });

  test('ends the attempts for a sink that keeps failing', async () => {
    let calls = 0;
    start(async () => {
      calls++;
      throw new Error('down');
    });
    emit(1);
    await queue.flush(50);
    queue.close();
    await new Promise((resolve) => setImmediate(resolve));
    const seen = calls;
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(calls).toBe(seen);
  });
});
