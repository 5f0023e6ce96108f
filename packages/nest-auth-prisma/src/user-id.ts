import { isText, isUuid } from './values.js';

/** The type of a users table's id. */
export type UserIdType = 'uuid' | 'number' | 'bigint' | 'string';

/**
 * A user's id as the table has it; undefined where it cannot be one, so that it never reaches a query. Numbers count
 * in their one canonical form, so that a user has one id.
 */
export function parseUserId(id: unknown, type: UserIdType): string | number | bigint | undefined {
  if (!isText(id)) return undefined;
  switch (type) {
    case 'uuid':
      return isUuid(id) ? id : undefined;
    case 'number':
      return String(Number(id) | 0) === id ? Number(id) : undefined;
    case 'bigint':
      return /^-?\d{1,19}$/.test(id) && String(BigInt.asIntN(64, BigInt(id))) === id ? BigInt(id) : undefined;
    case 'string':
      return id;
  }
}
