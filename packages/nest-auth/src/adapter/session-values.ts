import type { SessionRecord } from '@acme/nest-auth';
import { isText, isUuid } from './text.js';

// Checked before anything reaches a query: mysql2 writes an object into the SQL as `key = value`, PostgreSQL takes
// `LIMIT NULL` for "all", and Prisma reads `undefined` as "no condition".

/** @throws TypeError unless each field of the session has its type */
export function assertSession(session: SessionRecord): SessionRecord {
  const { id, userId, secretHash, generation, userAgent, ip, revokedAt, ...rest } = session;
  const times = [rest.createdAt, rest.rotatedAt, rest.expiresAt, rest.absoluteExpiresAt, revokedAt ?? rest.createdAt];
  const isValid =
    isUuid(id) &&
    [userId, secretHash, userAgent ?? '', ip ?? ''].every(isText) &&
    Number.isInteger(generation) &&
    generation >= 0 &&
    times.every((time) => time instanceof Date);
  if (!isValid) throw new TypeError('A field of the session has the wrong type.');
  return session;
}

/** A limit, an offset or a generation. @throws TypeError unless it is a whole number, 0 or more */
export function countOf(count: number): number {
  if (!Number.isInteger(count) || count < 0) throw new TypeError('A limit or an offset is not a whole number.');
  return count;
}
