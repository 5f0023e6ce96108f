import { againAfterDeadlock } from '@acme/nest-auth/adapter';
import type { DataSource, EntityTarget, ObjectLiteral, QueryResult, QueryRunner } from 'typeorm';
import { type Family, familyOf } from './schema.js';

export type Row = Readonly<Record<string, unknown>>;

export interface Answer {
  /** What a SELECT or a RETURNING clause answered, by property. */
  readonly rows: readonly Row[];
  readonly affected: number;
}

/** Runs on the primary, because a lagging replica would log users out. */
export async function onPrimary<T>(db: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = db.createQueryRunner('master');
  try {
    return await againAfterDeadlock(() => work(runner));
  } finally {
    await runner.release();
  }
}

/**
 * One table in SQL. TypeORM's query builder supports RETURNING only on PostgreSQL, and sends times to MariaDB in the
 * time zone of the process. Here the driver still quotes each name and binds each value.
 */
export class Table<E extends ObjectLiteral> {
  readonly family: Family;
  /** The table, quoted. */
  readonly name: string;
  /** The column of each property, quoted. */
  readonly names: Readonly<Record<keyof E & string, string>>;
  /** MariaDB and MySQL have no `UPDATE … RETURNING`. */
  readonly updateReturns: boolean;
  /** MySQL has no `DELETE … RETURNING`. */
  readonly deleteReturns: boolean;
  readonly #times: ReadonlySet<string>;

  constructor(
    private readonly db: DataSource,
    entity: EntityTarget<E>,
  ) {
    const { tablePath, columns } = db.getMetadata(entity);
    this.family = familyOf(db.options.type);
    this.name = this.#quoted(tablePath);
    const names = columns.map(({ propertyName, databaseName }) => [propertyName, this.#quoted(databaseName)]);
    this.names = Object.fromEntries(names);
    this.#times = new Set(columns.filter(({ type }) => type === 'datetime').map(({ propertyName }) => propertyName));
    this.updateReturns = this.family !== 'mysql';
    this.deleteReturns = this.updateReturns || db.driver.isReturningSqlSupported('delete');
  }

  /** The column list for SELECT and RETURNING; its rows use the names of the properties. */
  columns(...properties: readonly (keyof E & string)[]): string {
    const select = (property: keyof E & string) => {
      const name = this.names[property];
      // As text, since a Date made by mysql2 depends on the time zone of the process.
      const value = this.family === 'mysql' && this.#times.has(property) ? `CAST(${name} AS CHAR)` : name;
      return `${value} AS ${this.#quoted(property)}`;
    };
    return properties.map(select).join(', ');
  }

  /** The INSERT of a row with these properties; its parameters have their names. */
  insertion(...properties: readonly (keyof E & string)[]): string {
    const names = properties.map((property) => this.names[property]).join(', ');
    return `INSERT INTO ${this.name} (${names}) VALUES (${properties.map((property) => `:${property}`).join(', ')})`;
  }

  /** Runs one statement; `:name` is a parameter. */
  async run(sql: string, parameters: object, runner?: QueryRunner): Promise<Answer> {
    if (!runner) return onPrimary(this.db, (primary) => this.run(sql, parameters, primary));
    const bound = Object.entries(parameters).map(([name, value]) => [name, this.#bound(value)]);
    const [query, values] = escaped(this.db, sql, Object.fromEntries(bound));
    return answerOf(await runner.query(query, values, true));
  }

  /** The same as `run`, for a statement that runs often: its text is built once. */
  statement<Name extends string>(
    sql: string,
    names: readonly Name[],
  ): (parameters: Readonly<Record<Name, unknown>>) => Promise<Answer> {
    // Passing each name as its own value shows in which order the driver wants the values.
    const itself = Object.fromEntries(names.map((name) => [name, name]));
    const [query, order]: [string, Name[]] = escaped(this.db, sql, itself);
    return async (parameters) => {
      const values = order.map((name) => this.#bound(parameters[name]));
      return answerOf(await onPrimary(this.db, (primary) => primary.query(query, values, true)));
    };
  }

  /** Runs one INSERT, UPDATE or DELETE. @returns how many rows it changed */
  async change(sql: string, parameters: object): Promise<number> {
    if (this.family !== 'postgres') return (await this.run(sql, parameters)).affected;
    // PGlite's driver for TypeORM does not say how many, so they are counted in the same statement.
    const { rows } = await this.run(
      `WITH changed AS (${sql} RETURNING 1) SELECT count(*) AS n FROM changed`,
      parameters,
    );
    return Number(rows[0]?.n);
  }

  /** Only for servers: SQLite has one connection, so other callers' statements would join the transaction. */
  transaction<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    return onPrimary(this.db, (primary) => primary.manager.transaction(() => work(primary)));
  }

  /** Times are UTC, independent of the time zones of process and connection. SQLite's driver cannot bind booleans. */
  #bound(value: unknown): unknown {
    if (this.family === 'postgres') return value instanceof Date ? value.toISOString() : value;
    if (value instanceof Date) return value.toISOString().replace('T', ' ').slice(0, -1);
    return typeof value === 'boolean' ? Number(value) : value;
  }

  #quoted(path: string): string {
    return path
      .split('.')
      .map((name) => this.db.driver.escape(name))
      .join('.');
  }
}

/** The driver's SQL and its values in order. TypeORM 0.3 needs the third argument, 1 has none. */
function escaped(db: DataSource, sql: string, parameters: Row): [string, never[]] {
  const driver = db.driver as unknown as { escapeQueryWithParameters(...args: [string, Row, Row]): [string, never[]] };
  return driver.escapeQueryWithParameters(sql, parameters, {});
}

function answerOf({ records = [], affected }: QueryResult): Answer {
  return { rows: records, affected: affected ?? 0 };
}

/** Reads a time that a `Table` wrote. */
export function dateOf(value: unknown): Date {
  if (value instanceof Date) return value;
  // An app can configure pg to return text, which then ends with an offset such as +00.
  const [, time = '', offset = 'Z'] = /^(.*?)(Z|[+-]\d\d(?::\d\d)?)?$/.exec(String(value).replace(' ', 'T')) ?? [];
  return new Date(`${time}${/^.\d\d$/.test(offset) ? `${offset}:00` : offset}`);
}
