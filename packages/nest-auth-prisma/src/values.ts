import type { SessionRecord } from '@acme/nest-auth';
import { methodsOf, methodsText } from '@acme/nest-auth/adapter';
import type { SessionRow } from './schema.js';

// Prisma reads `undefined` as "no condition" and objects as operators (`{ not: '' }` matches every row), so each value
// that reaches a query is checked first. Types do not ensure it: values come from request bodies.

export { assertSession, countOf, isText, isUuid, revokeInBatches } from '@acme/nest-auth/adapter';

export function rowOf(session: SessionRecord): SessionRow {
  const { id, userId, secretHash, generation, createdAt, rotatedAt, expiresAt, absoluteExpiresAt } = session;
  const { revokedAt, userAgent, ip, authenticatedAt, remember, actorId } = session;
  const times = { createdAt, rotatedAt, expiresAt, absoluteExpiresAt, revokedAt, authenticatedAt };
  const methods = methodsText(session.methods);
  // By name: Prisma refuses fields that the model does not have.
  return { id, userId, secretHash, generation, ...times, userAgent, ip, methods, remember, actorId };
}

export function sessionOf(row: SessionRow): SessionRecord {
  return { ...row, methods: methodsOf(row.methods) };
}

/** @throws TypeError if a time is missing: `{ lt: undefined }` would match every row. */
export function timeOf(value: Date): Date {
  if (!(value instanceof Date)) throw new TypeError('A time must be a Date.');
  return value;
}
