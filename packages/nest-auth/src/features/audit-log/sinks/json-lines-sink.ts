import type { Writable } from 'node:stream';
import { AuthError } from '@acme/nest-auth';
import type { AuditRecord } from '../audit-record.js';
import type { AuditSink } from './audit-sink.js';

/** Characters that JSON.stringify does not escape, but some readers take as a line end or a terminal command. */
const UNESCAPED = /[\u007f-\u009f\u2028\u2029]/g;

/**
 * Writes one line of JSON for each record to a stream, at the pace of the stream. An error of the stream fails the
 * batch, but does not end the process.
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
  // Without a listener, an error ends the process. Some streams never call back a write that an error or an end interrupts.
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
      // The stream still holds these records: writing them again would fill a stalled stream.
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
