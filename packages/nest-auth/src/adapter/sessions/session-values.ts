import { assertSessionRecord, type Rotation, type SessionRecord } from '@acme/nest-auth';
import { isText, isUuid } from '../text.js';

// Checked before anything reaches a query: mysql2 writes an object into the SQL as `key = value`, PostgreSQL reads
// `LIMIT NULL` as "all", and Prisma reads `undefined` as "no condition".

/** A session as a table stores it: the methods are text, separated by commas. */
export type SessionRow = Omit<SessionRecord, 'methods'> & { readonly methods: string };

/** @throws TypeError if a field of the session has the wrong type, or a database cannot store its text */
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
export function sessionRow(session: SessionRecord): SessionRow {
  const checked = assertSession(session);
  const row = { ...checked, methods: methodsText(checked.methods) };
  return Object.fromEntries(SESSION_FIELDS.map((field) => [field, row[field]])) as unknown as SessionRow;
}

/** The session of a row. @throws TypeError if the column `methods` does not contain text */
export function sessionOf(row: SessionRow): SessionRecord {
  return { ...row, methods: methodsOf(row.methods) };
}

/** Whether a row can match. A generation beyond 32 bits would be an error of the database. */
export function isRotation({ id, secretHash, fromGeneration }: Rotation): boolean {
  return isUuid(id) && isText(secretHash) && isCount(fromGeneration) && fromGeneration < 2 ** 31 - 1;
}

/** @throws TypeError if it is not a valid Date: drivers read other values as "now" or "any" */
export function timeOf(time: Date): Date {
  if (!(time instanceof Date) || Number.isNaN(time.getTime())) throw new TypeError('A time is not a valid Date.');
  return time;
}

/** A limit, an offset or a generation. @throws TypeError if it is not a whole number or is negative */
export function countOf(count: number): number {
  if (!isCount(count)) throw new TypeError('A limit or an offset is not a whole number.');
  return count;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}

/** How a column stores the methods of a session: separated by commas, which no method contains. */
export function methodsText(methods: readonly string[]): string {
  return methods.join(',');
}

/** Reads what `methodsText` wrote. @throws TypeError if the column does not hold text */
export function methodsOf(column: unknown): readonly string[] {
  if (typeof column !== 'string') throw new TypeError('The column `methods` does not hold text.');
  return column === '' ? [] : column.split(',');
}
