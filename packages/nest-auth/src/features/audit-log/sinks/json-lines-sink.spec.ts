import { PassThrough, Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { AuditRecord } from '../audit-record.js';
import { jsonLinesSink } from './json-lines-sink.js';

const record = (changes: Partial<AuditRecord> = {}): AuditRecord => ({
  id: '018cc251-f400-7001-8000-000000000001',
  at: '2030-01-01T12:00:00.000Z',
  source: '7d7b0c1c-0000-4000-8000-000000000001',
  sequence: 1,
  event: 'login_failed',
  userId: null,
  sessionId: null,
  login: 'ann',
  ip: null,
  userAgent: null,
  details: {},
  ...changes,
});

/** A stream that keeps its text, and answers when a test says so. */
function stream(answer: (callback: (error?: Error | null) => void) => void = (callback) => callback()) {
  const chunks: string[] = [];
  const writable = new Writable({
    write: (chunk, _, callback) => {
      chunks.push(String(chunk));
      answer(callback);
    },
  });
  return { writable, text: () => chunks.join(''), chunks };
}

describe('a sink of JSON lines', () => {
  test('writes one line for each record, which reads back as it was', async () => {
    const { writable, text } = stream();
    const records = [record(), record({ sequence: 2, details: { code: 'x' } })];
    await jsonLinesSink(writable).write(records);
    expect(text().endsWith('\n')).toBe(true);
    expect(
      text()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(records);
  });

  test('lets no text forge a line or reach a terminal', async () => {
    const { writable, text } = stream();
    const hostile = record({ login: 'a\r\n{"event":"logged_in"}\u2028\u2029\u0085\u009b31m\u007f\0"' });
    await jsonLinesSink(writable).write([hostile]);
    expect(text()).not.toMatch(/[\p{C}\p{Zl}\p{Zp}](?!$)/u);
    expect(text().split(/[\r\n\u2028\u2029\u0085]/)).toHaveLength(2);
    expect(JSON.parse(text())).toEqual(hostile);
  });

  test('resolves once the stream has taken the text, and not before', async () => {
    const answers: (() => void)[] = [];
    const { writable } = stream((callback) => answers.push(() => callback()));
    let isDone = false;
    const written = jsonLinesSink(writable)
      .write([record()])
      .then(() => {
        isDone = true;
      });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(false);
    answers[0]?.();
    await written;
    expect(isDone).toBe(true);
  });

  test('writes the same records only once to a stalled stream', async () => {
    const { writable, chunks } = stream(() => {});
    const sink = jsonLinesSink(writable);
    const attempts = Array.from({ length: 100 }, () => sink.write([record()]));
    await new Promise((resolve) => setImmediate(resolve));
    expect(new Set(attempts).size).toBe(1);
    expect(chunks).toHaveLength(1);
    expect(writable.writableLength).toBe(chunks[0]?.length);
  });

  test.each<[string, () => Writable]>([
    ['fails', () => stream((callback) => callback(new Error('no space'))).writable],
    ['has ended', () => new PassThrough().end()],
    ['was destroyed', () => new PassThrough().destroy()],
    [
      'is closed some other time',
      () => {
        const { writable } = stream(() => {});
        setImmediate(() => writable.destroy());
        return writable;
      },
    ],
    [
      'fails some other time',
      () => {
        const { writable } = stream(() => {});
        setImmediate(() => writable.destroy(new Error('gone')));
        return writable;
      },
    ],
  ])('rejects if the stream %s, and the process goes on', async (_, make) => {
    const sink = jsonLinesSink(make());
    const records = [record()];
    for (let attempt = 0; attempt < 3; attempt++) await expect(sink.write(records)).rejects.toThrow();
    // An unhandled event would come in one of the next turns.
    await new Promise((resolve) => setTimeout(resolve, 5));
  });

  test.each([null, {}, 'audit.jsonl', 7])('refuses %j in place of a stream', (given) => {
    expect(() => jsonLinesSink(given as never)).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
  });
});
