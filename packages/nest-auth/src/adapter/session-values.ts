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

/** The fields of a session, to name the columns of a table. */
export const SESSION_FIELDS = [
  'id',
  'userId',
  'secretHash',
  'generation',
  'createdAt',
  'rotatedAt',
  'expiresAt',
  'absoluteExpiresAt',
  'revokedAt',
  'userAgent',
  'ip',
  'methods',
  'authenticatedAt',
  'remember',
  'actorId',
] as const satisfies readonly (keyof SessionRecord)[];

/** The row of a new session: the fields of `SESSION_FIELDS` and no other. @throws TypeError as `assertSession` does */
export function sessionRow(session: SessionRecord): SessionRecord {
  const checked = assertSession(session);
  return Object.fromEntries(SESSION_FIELDS.map((field) => [field, checked[field]])) as unknown as SessionRecord;
}

/** Whether a value is a whole number, 0 or more. */
export function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}

/** @throws TypeError unless it is a Date with a time: drivers read other values as "now" or "any" */
export function timeOf(time: Date): Date {
  if (!(time instanceof Date) || Number.isNaN(time.getTime())) throw new TypeError('A time is not a valid Date.');
  return time;
}

/** A limit, an offset or a generation. @throws TypeError unless it is a whole number, 0 or more */
export function countOf(count: number): number {
  if (!isCount(count)) throw new TypeError('A limit or an offset is not a whole number.');
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
