import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { type AuditSink, jsonLinesSink } from '@acme/nest-auth/audit-log';
import { dataDirectory } from './data-directory.js';

/** One line of JSON for each security-relevant act. They name people, so nobody else may read them. */
export function auditSink(): AuditSink {
  return jsonLinesSink(createWriteStream(join(dataDirectory(), 'audit.jsonl'), { flags: 'a', mode: 0o600 }));
}
