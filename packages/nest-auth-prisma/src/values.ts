// Prisma reads `undefined` as "no condition" and objects as operators (`{ not: '' }` matches every row), so each value
// that reaches a query is checked first. Types do not ensure it: values come from request bodies.

export { assertSession, countOf, isText, isUuid, revokeInBatches } from '@acme/nest-auth/adapter';

/** @throws TypeError if a time is missing: `{ lt: undefined }` would match every row. */
export function timeOf(value: Date): Date {
  if (!(value instanceof Date)) throw new TypeError('A time must be a Date.');
  return value;
}
