export { auditLog } from './audit-log.feature.js';
export type { AuditRecord, AuditValue } from './audit-record.js';
export type { PersonalField, Pseudonyms } from './personal-fields.js';
export type { AuditSink } from './sinks/audit-sink.js';
export { type AuditDialect, auditTable } from './sinks/audit-table.js';
export { jsonLinesSink } from './sinks/json-lines-sink.js';
export { type SqlSinkOptions, sqlSink } from './sinks/sql-sink.js';
