import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { type AuditSink, jsonLinesSink } from '@acme/nest-auth/audit-log';
import { dataDirectory } from './data-directory.js';

/** One line of JSON for each security-relevant act. The lines are personal data, so only the owner can read the file. */
export function auditSink(): AuditSink {
  return jsonLinesSink(createWriteStream(join(dataDirectory(), 'audit.jsonl'), { flags: 'a', mode: 0o600 }));
}
