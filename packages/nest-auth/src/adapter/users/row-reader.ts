import { AuthError } from '@acme/nest-auth';

/** A property of a row, or a function of it. */
export type Source<Row> = string | ((row: Row) => unknown);

/**
 * Reads values of the expected type from rows. A column of another type is a mistake in the mapping: guessing could let
 * a disabled user in, so every method throws AuthError `invalid_configuration` instead.
 */
export class RowReader<Row> {
  /** @param table for messages */
  constructor(private readonly table: string) {}

  /** Undefined if the row has no such property. */
  value(row: Row, source: Source<Row>): unknown {
    return typeof source === 'function' ? (source(row) ?? null) : (row as Readonly<Record<string, unknown>>)[source];
  }

  id(row: Row, source: Source<Row>): string {
    const value = this.#required(row, 'id', source);
    if (typeof value === 'string' || typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
    throw this.#misfit('id', source, 'a string, an integer or a bigint', value);
  }

  login(row: Row, source: Source<Row>): string {
    const value = this.#required(row, 'login', source);
    if (typeof value === 'string') return value;
    throw this.#misfit('login', source, 'a string', value);
  }

  text(row: Row, option: 'email' | 'locale' | 'passwordHash', source: Source<Row>): string | null {
    const value = this.#required(row, option, source);
    if (value === null || typeof value === 'string') return value;
    throw this.#misfit(option, source, 'a string or null', value);
  }

  /** A list of strings, also as JSON text, because MariaDB has no type for JSON. */
  list(row: Row, option: 'roles' | 'permissions', source: Source<Row>): readonly string[] {
    const value = this.#required(row, option, source);
    const list = value === null ? [] : isJsonList(value) ? (JSON.parse(value) as unknown) : value;
    if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
    const hint = option === 'roles' ? 'a list of strings; for a column with one role use `role`' : 'a list of strings';
    throw this.#misfit(option, source, hint, value);
  }

  role(row: Row, source: Source<Row>): readonly string[] {
    const value = this.#required(row, 'role', source);
    if (value === null || value === '') return [];
    if (typeof value === 'string') return [value];
    throw this.#misfit('role', source, 'a string or null', value);
  }

  date(row: Row, option: 'emailVerifiedAt' | 'disabledAt', source: Source<Row>): Date | null {
    const value = this.#required(row, option, source);
    if (value === null || value instanceof Date) return value;
    throw this.#misfit(option, source, 'a date or null', value);
  }

  isActive(row: Row, source: Source<Row>): boolean {
    const value = this.#required(row, 'isActive', source);
    if (value === true || value === 1) return true;
    if (value === false || value === 0 || value === null) return false;
    throw this.#misfit('isActive', source, 'a boolean', value);
  }

  #required(row: Row, option: string, source: Source<Row>): unknown {
    const value = this.value(row, source);
    if (value === undefined) throw this.#misfit(option, source, 'a property of every row that is read', value);
    return value;
  }

  #misfit(option: string, source: Source<Row>, expected: string, found: unknown): AuthError {
    const origin = typeof source === 'function' ? 'its function' : `'${source}'`;
    const message = `${this.table}: \`${option}\` (${origin}) must be ${expected}, not ${kindOf(found)}.`;
    return new AuthError('invalid_configuration', { message });
  }
}

function isJsonList(value: unknown): value is string {
  return typeof value === 'string' && /^\s*\[.*\]\s*$/s.test(value);
}

/** Never the value itself: it may be a hash. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list with other things than strings';
  return value instanceof Date ? 'a date' : `a ${typeof value}`;
}
