// Prisma reads `undefined` as "no condition" and objects as operators (`{ not: '' }` matches every row), so each value
// that reaches a query is checked first. TypeScript's word is not enough: values come from request bodies.

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** PostgreSQL cannot store NUL: such a text is not there, and asking for it would be an error. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0');
}

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** @throws TypeError where a time is missing: `{ lt: undefined }` would match every row. */
export function timeOf(value: Date): Date {
  if (!(value instanceof Date)) throw new TypeError('A time must be a Date.');
  return value;
}
