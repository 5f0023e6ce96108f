import type { Writable } from 'node:stream';
import { AuthError } from '@acme/nest-auth';
import type { AuditRecord } from '../audit-record.js';
import type { AuditSink } from './audit-sink.js';

/** What JSON.stringify leaves as it is, and some readers take for the end of a line or for a command of a terminal. */
const UNESCAPED = /[\u007f-\u009f\u2028\u2029]/g;

/**
 * Writes one line of JSON for each record to a stream, at the pace of the stream. An error of the stream fails the
 * batch, and no longer ends the process.
 *
 * @param stream @default process.stdout
 * @throws AuthError `invalid_configuration` if it cannot be written to
 * @example
 * ```ts
 * const sink = jsonLinesSink(createWriteStream('/var/log/app/audit.jsonl', { flags: 'a' }));
 * ```
 */
export function jsonLinesSink(stream: Writable = process.stdout): AuditSink {
  if (typeof stream?.write !== 'function' || typeof stream.on !== 'function') {
    throw new AuthError('invalid_configuration', {
      message: 'jsonLinesSink: the stream cannot be written to; pass a Writable, or nothing for process.stdout.',
    });
  }
  let fail = (_: Error): void => {};
  // Without a listener, Node ends the process. Some streams never answer a write that an error or an end interrupts.
  stream.on('error', (error) => fail(error));
  stream.on('close', () => fail(new Error('The stream was closed.')));
  const append = (text: string) =>
    new Promise<void>((resolve, reject) => {
      fail = reject;
      stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
  const unanswered = new Map<string, Promise<void>>();
  return {
    write(records) {
      const ids = records.map(({ id }) => id).join();
      // The stream still has them: a second copy would make a stalled one grow.
      const known = unanswered.get(ids);
      if (known) return known;
      const written = append(records.map(lineOf).join('')).finally(() => unanswered.delete(ids));
      unanswered.set(ids, written);
      return written;
    },
  };
}

function lineOf(record: AuditRecord): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(record).replace(UNESCAPED, escaped)}\n`;
}
