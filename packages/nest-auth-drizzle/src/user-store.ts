import {
  type Dialect,
  type LoginLookup,
  loginSql,
  type MappedUser,
  parseUserId,
  resolveMapping,
  TableUserStore,
  type UserId,
  type UserIdColumn,
  type UserMapping,
  type UserQueries,
} from '@acme/nest-auth/adapter';
import {
  and,
  type Column,
  eq,
  getTableColumns,
  getTableName,
  isNull,
  type Param,
  type SQL,
  sql,
  type Table,
} from 'drizzle-orm';
import type { Row, Select, Writes } from './statements.js';

/**
 * The app's own users table and how it is read and written. The login needs a unique index.
 *
 * @see https://github.com/acme/nest-auth/blob/main/docs/guides/your-users-table.md
 * @example
 * ```ts
 * drizzleStores(db, {
 *   user: { table: users, login: 'email', role: 'role', isActive: 'isActive', profile: ['name'] },
 * });
 * ```
 */
export interface UserOptions<Users extends Table, Extra = unknown>
  extends UserMapping<Users['$inferSelect'], Extra, Users['$inferInsert']> {
  /** The app's own users table. @default authUsers */
  readonly table?: Users;
}

/** What the store returns: the library's fields, and the row of the table as `row`. */
export type DrizzleUser<Users extends Table, Extra = unknown> = MappedUser<Users['$inferSelect'], Extra>;

/** The statements that each drizzle dialect builds in its own way. */
export interface UserStatements extends Pick<Writes, 'update'> {
  readonly dialect: Dialect;
  /** Compares byte by byte, independent of the column's collation. */
  exactly(column: Column, value: Param): SQL;
  select(): Select<Row>;
  selectValue(value: SQL): Select<{ readonly value: unknown }>;
  /** @returns the new row; null if the database does not return it */
  insert(row: Row): Promise<Row | null>;
}

/** `UserStore` on a table of drizzle. */
export class DrizzleUserStore<Users extends Table, Extra = unknown> extends TableUserStore<
  Users['$inferSelect'],
  Extra
> {
  constructor(users: Users, mapping: UserMapping<Users['$inferSelect'], Extra, object>, statements: UserStatements) {
    const columns: Readonly<Record<string, Column>> = getTableColumns(users);
    const table = getTableName(users);
    const name = `drizzleStores: the users table ${table}`;
    const resolved = resolveMapping<Users['$inferSelect'], Extra, object>(mapping, {
      name,
      has: (property) => Object.hasOwn(columns, property),
    });
    // `resolveMapping` has checked that they exist.
    const [id, login] = [resolved.id, resolved.login].map((property) => columns[property]) as [Column, Column];
    const queries = new TableQueries(statements, columns, { id, login });
    super(resolved, queries, loginSql(statements.dialect, table, login.name));
  }
}

class TableQueries implements UserQueries<Row> {
  readonly #idColumn: UserIdColumn;

  constructor(
    private readonly statements: UserStatements,
    private readonly all: Readonly<Record<string, Column>>,
    private readonly columns: { readonly id: Column; readonly login: Column },
  ) {
    this.#idColumn = idColumnOf(columns.id);
  }

  parseId(id: unknown): UserId | undefined {
    return parseUserId(id, this.#idColumn);
  }

  async findById(id: UserId): Promise<Row | null> {
    const [row] = await this.#select(eq(this.columns.id, id), 1);
    return row ?? null;
  }

  async findByLogin(login: string, how: LoginLookup, limit: number): Promise<readonly Row[]> {
    const column = this.columns.login;
    return this.#select(how === 'exact' ? eq(column, login) : sql`lower(${column}) = ${login}`, limit);
  }

  insert(row: Row): Promise<Row | null> {
    return this.statements.insert(row);
  }

  async update(id: UserId, changes: Row, unchanged: Readonly<Record<string, string | null>>): Promise<boolean> {
    const conditions = Object.entries(unchanged).map(([property, value]) => {
      const column = this.all[property] as Column;
      return value === null ? isNull(column) : this.statements.exactly(column, sql.param(value, column));
    });
    return (await this.statements.update(changes, and(eq(this.columns.id, id), ...conditions))) === 1;
  }

  async logins(limit: number): Promise<readonly string[]> {
    const value = sql`${this.columns.login}`;
    const rows = await this.statements.selectValue(value).limit(limit).$withCache(false);
    return rows.map((row) => String(row.value));
  }

  #select(where: SQL, limit: number): Select<Row> {
    return this.statements.select().where(where).limit(limit).$withCache(false);
  }
}

const BITS: Readonly<Record<string, number>> = { PgSmallInt: 16, PgSmallSerial: 16, PgInteger: 32, PgSerial: 32 };

function idColumnOf({ dataType, columnType }: Column): UserIdColumn {
  if (dataType !== 'number' && dataType !== 'bigint') return { type: columnType === 'PgUUID' ? 'uuid' : 'text' };
  return { type: 'integer', bits: BITS[columnType] ?? 64, as: dataType };
}
