import { assertSessionRecord, type SessionRecord } from '@acme/nest-auth';
import { isText, isUuid } from './text.js';

// Checked before anything reaches a query: mysql2 writes an object into the SQL as `key = value`, PostgreSQL takes
// `LIMIT NULL` for "all", and Prisma reads `undefined` as "no condition".

/** @throws TypeError unless each field of the session has its type, and a database can hold its text */
export function assertSession(session: SessionRecord): SessionRecord {
  const { id, userId, secretHash, userAgent, ip, actorId } = assertSessionRecord(session);
  const texts = [userId, secretHash, userAgent ?? '', ip ?? '', actorId ?? ''];
  if (!isUuid(id) || !texts.every(isText)) throw new TypeError('A text of the session cannot be stored.');
  return session;
}

/** A limit, an offset or a generation. @throws TypeError unless it is a whole number, 0 or more */
export function countOf(count: number): number {
  if (!Number.isInteger(count) || count < 0) throw new TypeError('A limit or an offset is not a whole number.');
  return count;
}

/** How a column holds the methods of a session: separated by commas, which no method contains. */
export function methodsText(methods: readonly string[]): string {
  return methods.join(',');
}

/** Reads what `methodsText` wrote. @throws TypeError if the column does not hold text */
export function methodsOf(column: unknown): readonly string[] {
  if (typeof column !== 'string') throw new TypeError('The column `methods` does not hold text.');
  return column === '' ? [] : column.split(',');
}
