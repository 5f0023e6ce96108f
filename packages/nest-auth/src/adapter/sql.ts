/**
 * A statement, or a part of one, made by `sql`. Its values are never part of its text. `pg` and other drivers that
 * number their parameters accept it directly.
 */
export class Sql {
  /** With `$1`, `$2` and so on for the values. */
  readonly text: string;
  readonly values: unknown[];
  readonly #chunks: readonly string[];

  /** @param chunks the text around the values: one more than values */
  constructor(chunks: readonly string[], values: readonly unknown[]) {
    const flat = [chunks[0] ?? ''];
    const bound: unknown[] = [];
    const append = (text: string) => flat.push(`${flat.pop()}${text}`);
    for (const [index, value] of values.entries()) {
      const isPart = typeof value === 'object' && value !== null && #chunks in value;
      const [first = '', ...others] = isPart ? value.#chunks : ['', ''];
      append(first);
      flat.push(...others);
      append(chunks[index + 1] ?? '');
      bound.push(...(isPart ? value.values : [value]));
    }
    // A driver would write it as NULL, and `LIMIT NULL` means "all".
    if (bound.includes(undefined)) throw new TypeError('A value of the statement is undefined.');
    this.#chunks = flat;
    this.values = bound;
    this.text = flat.reduce((text, chunk, index) => `${text}$${index}${chunk}`);
  }
}

function statement(chunks: TemplateStringsArray, ...values: readonly unknown[]): Sql {
  return new Sql(chunks, values);
}

/** `id, user_id AS "userId"`: the columns of these fields, for SELECT and RETURNING. */
function columns(fields: readonly string[]): Sql {
  return new Sql([fields.map((field) => `${columnOf(field)} AS ${quoted(field)}`).join(', ')], []);
}

/** `(id, user_id) VALUES ($1, $2)`: the row of an INSERT. */
function insert(row: object): Sql {
  const names = Object.keys(row).map(columnOf).join(', ');
  const values = joined(row, ', ', (_, value) => new Sql(['', ''], [value]));
  return statement`${new Sql([`(${names}) VALUES (`], [])}${values})`;
}

/** `login = $1, password_hash = $2`: the assignments of an UPDATE. */
function set(changes: object): Sql {
  return joined(changes, ', ', (column, value) => new Sql([`${column} = `, ''], [value]));
}

/** `id = $1 AND password_hash IS NULL`: true of a row that has each of these values. */
function where(values: object): Sql {
  return joined(values, ' AND ', (column, value) =>
    value === null ? new Sql([`${column} IS NULL`], []) : new Sql([`${column} = `, ''], [value]),
  );
}

/**
 * A statement whose values are bound by the driver. A part made by `sql` becomes part of the text; everything else is a
 * value. `columns`, `insert`, `set` and `where` name columns like the library's tables: `userId` is `user_id`.
 *
 * @throws TypeError if a value is undefined, or if `insert`, `set` or `where` gets an empty object
 * @example
 * ```ts
 * import { sql } from '@acme/nest-auth/adapter';
 *
 * const changes = { login: 'ann@example.org' };
 * const { text, values } = sql`UPDATE users SET ${sql.set(changes)} WHERE ${sql.where({ id: 7, passwordHash: null })}`;
 * // UPDATE users SET "login" = $1 WHERE "id" = $2 AND "password_hash" IS NULL
 * ```
 */
export const sql = Object.assign(statement, { columns, insert, set, where });

function joined(row: object, separator: string, part: (column: string, value: unknown) => Sql): Sql {
  const parts = Object.entries(row).map(([field, value]) => part(columnOf(field), value));
  // Without a condition, a statement would affect every row.
  if (parts.length === 0) throw new TypeError('A part of the statement is empty.');
  return new Sql(['', ...parts.slice(1).map(() => separator), ''], parts);
}

function columnOf(field: string): string {
  return quoted(field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
