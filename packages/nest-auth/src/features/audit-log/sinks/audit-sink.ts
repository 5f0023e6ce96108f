import type { AuditRecord } from '../audit-record.js';

/**
 * Where audit records go.
 *
 * @example
 * ```ts
 * const sink: AuditSink = { write: (records) => producer.send({ topic: 'audit', messages: records.map(messageOf) }) };
 * ```
 */
export interface AuditSink {
  /**
   * Keeps records, in their order. It is called again only after it has resolved, rejected or run out of time
   * (`auditLog.timeout`). After a failure it gets the same list, so a record may come twice: compare ids.
   */
  write(records: readonly AuditRecord[]): Promise<void>;
}
