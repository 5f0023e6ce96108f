import { AuthError } from '@acme/nest-auth';
import type { AuditRecord } from '../audit-record.js';
import type { AuditSink } from './audit-sink.js';
import { AUDIT_COLUMNS, AUDIT_TABLE, type AuditDialect, assertTable, quoted } from './audit-table.js';

export interface SqlSinkOptions {
  /** `'mysql'` is also for MariaDB. */
  readonly dialect: AuditDialect;
  /**
   * Runs a statement. It throws or rejects if the database refuses it. Its result is ignored.
   * PostgreSQL's placeholders are `$1`, the others' are `?`.
   */
  readonly query: (statement: string, parameters: unknown[]) => unknown;
  /** With its schema, if it needs one: `'audit.auth_audit'`. @default 'auth_audit' */
  readonly table?: string;
}

/**
 * Writes records to one table, made by `auditTable`. A record that is already there is skipped, so each is in the table
 * once.
 *
 * @throws AuthError `invalid_configuration`
 * @example
 * ```ts
 * const sink = sqlSink({ dialect: 'postgres', query: (statement, parameters) => pool.query(statement, parameters) });
 * ```
 */
export function sqlSink({ dialect, query, table = AUDIT_TABLE }: SqlSinkOptions): AuditSink {
  assertTable('sqlSink', dialect, table);
  if (typeof query !== 'function') {
    const message =
      'sqlSink: query is missing; write query: (statement, parameters) => pool.query(statement, parameters).';
    throw new AuthError('invalid_configuration', { message });
  }
  const columns = Object.keys(AUDIT_COLUMNS).map((column) => quoted(dialect, column));
  const beginning = `INSERT INTO ${quoted(dialect, table)} (${columns.join(', ')}) VALUES `;
  return {
    async write(records) {
      if (records.length === 0) return;
      const rows = records.map((_, row) => `(${columns.map((__, at) => placeholder(dialect, row, at)).join(', ')})`);
      await query(
        `${beginning}${rows.join(', ')} ${ENDING[dialect]}`,
        records.flatMap((record) => valuesOf(record, dialect)),
      );
    },
  };
}

/** Casts for PostgreSQL, which does not convert the texts that some clients send. */
const TYPES = Object.values(AUDIT_COLUMNS).map(({ postgres }) => postgres.split(' ')[0]);

const ENDING: Record<AuditDialect, string> = {
  // Without a column name: naming it would need more than the INSERT permission.
  postgres: 'ON CONFLICT DO NOTHING',
  // Not INSERT IGNORE, which also hides other errors.
  mysql: 'ON DUPLICATE KEY UPDATE `id` = VALUES(`id`)',
  sqlite: 'ON CONFLICT DO NOTHING',
};

function placeholder(dialect: AuditDialect, row: number, column: number): string {
  return dialect === 'postgres' ? `CAST($${row * TYPES.length + column + 1} AS ${TYPES[column]})` : '?';
}

function valuesOf(record: AuditRecord, dialect: AuditDialect): unknown[] {
  const { id, source, sequence, event, userId, sessionId, login, ip, userAgent, details } = record;
  // MySQL does not read a time zone, and the column has none: the stored time is UTC.
  const at = dialect === 'mysql' ? record.at.replace('T', ' ').replace('Z', '') : record.at;
  return [id, at, source, sequence, event, userId, sessionId, login, ip, userAgent, JSON.stringify(details)];
}
