import { option } from '@acme/nest-auth';
import { PERSONAL_FIELDS, type Pseudonyms } from './personal-fields.js';
import type { AuditSink } from './sinks/audit-sink.js';

const field = option.choice({ of: PERSONAL_FIELDS });

/** The options below `auditLog`. */
export const AUDIT_LOG_OPTIONS = {
  sink: option.port({
    type: option.typed<AuditSink>('AuditSink'),
    required: true,
    methods: ['write'],
    remedy: 'pass jsonLinesSink(), sqlSink({ … }) or an object that has write',
    doc: 'Where the records go: `jsonLinesSink()`, `sqlSink({ … })` or your own.',
  }),
  omit: option.list(field, {
    default: [],
    example: "['userAgent']",
    doc: 'Fields of a record that are left `null`.',
  }),
  pseudonyms: option.record(
    {
      key: option.text({ required: true, example: 'process.env.AUDIT_KEY', check: keyProblem }),
      fields: option.list(field, { default: ['userId', 'login', 'ip'], example: "['login', 'ip']" }),
    },
    {
      type: option.typed<Pseudonyms>('Pseudonyms'),
      doc: 'Writes a keyed hash (HMAC-SHA-256) in place of these fields. `key` has at least 32 characters; `fields` are `userId`, `login` and `ip` by default.',
    },
  ),
  queue: option.integer({
    default: 10_000,
    min: 1,
    max: 1_000_000,
    doc: 'The most records that wait in memory for the sink. While the queue is full, new events are dropped and counted in a record `audit_gap`.',
  }),
  batch: option.integer({ default: 100, min: 1, max: 1000, doc: 'The most records in one call of the sink.' }),
  timeout: option.duration({
    default: '10s',
    min: '1s',
    max: '5m',
    doc: 'How long the sink may take for a batch. After that the same batch is tried again.',
  }),
  retry: option.duration({
    default: '30s',
    min: '1s',
    max: '10m',
    doc: 'The longest pause before a failed batch is tried again. Pauses begin at half a second and double.',
  }),
};

function keyProblem(key: string): string | undefined {
  if (key.length >= 32) return undefined;
  return 'is shorter than 32 characters; make one with: node -p "crypto.randomBytes(32).toString(\'base64url\')"';
}
