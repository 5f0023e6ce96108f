import { isText, isUuid } from '../text.js';

/** A user's id as its column stores it. */
export type UserId = string | number | bigint;

/** Which ids a column can hold, and how the driver expects them. */
export type UserIdColumn =
  | { readonly type: 'uuid' | 'text' }
  | {
      readonly type: 'integer';
      /** The size of the column. @default 64 */
      readonly bits?: number;
      /** Whether the column excludes negative numbers. @default false */
      readonly unsigned?: boolean;
      readonly as: 'string' | 'number' | 'bigint';
    };

const INTEGER = /^(?:0|-?[1-9]\d{0,19})$/;

/**
 * The id of a token as a value of the column; undefined if no row can have it, so that it never reaches a query. A
 * number must be in its canonical form: `007` is not `7`.
 */
export function parseUserId(id: unknown, column: UserIdColumn): UserId | undefined {
  if (!isText(id)) return undefined;
  if (column.type !== 'integer') return column.type === 'text' || isUuid(id) ? id : undefined;
  if (!INTEGER.test(id)) return undefined;
  const { bits = 64, unsigned = false, as } = column;
  const value = BigInt(id);
  // PostgreSQL fails for a number outside the column's range.
  if ((unsigned ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value)) !== value) return undefined;
  if (as === 'bigint') return value;
  if (as === 'string') return id;
  return Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
}
