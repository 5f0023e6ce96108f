import { AuthError } from '@acme/nest-auth';

export type AuditDialect = 'postgres' | 'mysql' | 'sqlite';

/** The columns of the table, in the order of an INSERT, and their types. */
export const AUDIT_COLUMNS = {
  id: { postgres: 'uuid PRIMARY KEY', mysql: 'char(36) CHARACTER SET ascii PRIMARY KEY', sqlite: 'text PRIMARY KEY' },
  at: { postgres: 'timestamptz(3) NOT NULL', mysql: 'datetime(3) NOT NULL', sqlite: 'text NOT NULL' },
  source: { postgres: 'uuid NOT NULL', mysql: 'char(36) CHARACTER SET ascii NOT NULL', sqlite: 'text NOT NULL' },
  sequence: { postgres: 'bigint NOT NULL', mysql: 'bigint NOT NULL', sqlite: 'integer NOT NULL' },
  event: { postgres: 'varchar(64) NOT NULL', mysql: 'varchar(64) NOT NULL', sqlite: 'text NOT NULL' },
  user_id: { postgres: 'varchar(256)', mysql: 'varchar(256)', sqlite: 'text' },
  session_id: { postgres: 'varchar(256)', mysql: 'varchar(256)', sqlite: 'text' },
  login: { postgres: 'varchar(256)', mysql: 'varchar(256)', sqlite: 'text' },
  ip: { postgres: 'varchar(256)', mysql: 'varchar(256)', sqlite: 'text' },
  user_agent: { postgres: 'varchar(256)', mysql: 'varchar(256)', sqlite: 'text' },
  details: { postgres: 'jsonb NOT NULL', mysql: 'json NOT NULL', sqlite: 'text NOT NULL' },
} as const satisfies Record<string, Record<AuditDialect, string>>;

export const AUDIT_TABLE = 'auth_audit';

/**
 * The statements that make the table of `sqlSink`, for a migration.
 *
 * @param table with its schema, if it needs one: `'audit.auth_audit'`. @default 'auth_audit'
 * @throws AuthError `invalid_configuration` for an unknown dialect, and for a table name that would need quotes
 * @example
 * ```ts
 * for (const statement of auditTable('postgres')) await queryRunner.query(statement);
 * ```
 */
export function auditTable(dialect: AuditDialect, table = AUDIT_TABLE): readonly string[] {
  assertTable('auditTable', dialect, table);
  const name = quoted(dialect, table);
  const columns = Object.entries(AUDIT_COLUMNS).map(
    ([column, types]) => `  ${quoted(dialect, column)} ${types[dialect]}`,
  );
  const index = (...indexed: string[]) =>
    `CREATE INDEX ${quoted(dialect, `${table.split('.').at(-1)}_${indexed[0]}`)} ON ${name} (${indexed
      .map((column) => quoted(dialect, column))
      .join(', ')})`;
  const ending = dialect === 'mysql' ? ') CHARACTER SET utf8mb4' : ')';
  return [`CREATE TABLE ${name} (\n${columns.join(',\n')}\n${ending}`, index('at'), index('user_id', 'at')];
}

/** @throws AuthError `invalid_configuration` */
export function assertTable(caller: string, dialect: unknown, table: unknown): void {
  const refuse = (problem: string) => {
    throw new AuthError('invalid_configuration', { message: `${caller}: ${problem}.` });
  };
  if (!['postgres', 'mysql', 'sqlite'].includes(dialect as string))
    refuse("dialect must be 'postgres', 'mysql' (also for MariaDB) or 'sqlite'");
  if (typeof table !== 'string' || !/^[a-z_]\w{0,50}(\.[a-z_]\w{0,50})?$/i.test(table))
    refuse("table is not a plain name; write letters, digits and _, as in 'auth_audit' or 'audit.auth_audit'");
}

/** Quotes a column, or a table name that `assertTable` has accepted. */
export function quoted(dialect: AuditDialect, name: string): string {
  const mark = dialect === 'mysql' ? '`' : '"';
  return name
    .split('.')
    .map((part) => `${mark}${part}${mark}`)
    .join('.');
}
