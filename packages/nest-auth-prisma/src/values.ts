import type { SessionRecord } from '@acme/nest-auth';

// Prisma reads `undefined` as "no condition" and objects as operators (`{ not: '' }` matches every row), so each value
// that reaches a query is checked first. TypeScript's word is not enough: values come from request bodies.

export { isText, isUuid } from '@acme/nest-auth/adapter';

/** @throws TypeError where a time is missing: `{ lt: undefined }` would match every row. */
export function timeOf(value: Date): Date {
  if (!(value instanceof Date)) throw new TypeError('A time must be a Date.');
  return value;
}

/** @throws TypeError unless it is a whole number, 0 or more: Prisma reads `take: undefined` as "all". */
export function countOf(count: number): number {
  if (!Number.isInteger(count) || count < 0) throw new TypeError('A limit or an offset is not a whole number.');
  return count;
}

/** @throws TypeError unless each field has its type */
export function assertSession(session: SessionRecord): void {
  const { id, userId, secretHash, generation, userAgent, ip, revokedAt, ...rest } = session;
  const times = [rest.createdAt, rest.rotatedAt, rest.expiresAt, rest.absoluteExpiresAt, revokedAt ?? rest.createdAt];
  const isValid =
    isUuid(id) &&
    [userId, secretHash, userAgent ?? '', ip ?? ''].every(isText) &&
    Number.isInteger(generation) &&
    times.every((time) => time instanceof Date);
  if (!isValid) throw new TypeError('A field of the session has the wrong type.');
}
