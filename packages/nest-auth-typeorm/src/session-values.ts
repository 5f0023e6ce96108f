import type { SessionRecord } from '@acme/nest-auth';
import { isText } from './table.js';

// Checked before anything reaches a query: mysql2 writes an object into the SQL as `key = value`, and PostgreSQL takes
// `LIMIT NULL` for "all".

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The library's own ids are lower-case UUIDs; a `uuid` column would refuse a query for anything else. */
export function isSessionId(id: unknown): id is string {
  return typeof id === 'string' && UUID.test(id);
}

export function isGeneration(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}

/** @throws TypeError unless each field has its type */
export function assertSession(session: SessionRecord): void {
  const { id, userId, secretHash, generation, userAgent, ip, revokedAt, ...rest } = session;
  const times = [rest.createdAt, rest.rotatedAt, rest.expiresAt, rest.absoluteExpiresAt, revokedAt ?? rest.createdAt];
  const isValid =
    isSessionId(id) &&
    [userId, secretHash, userAgent ?? '', ip ?? ''].every(isText) &&
    isGeneration(generation) &&
    times.every((time) => time instanceof Date);
  if (!isValid) throw new TypeError('A field of the session has the wrong type.');
}

/** @throws TypeError unless it is a whole number, 0 or more */
export function assertCount(count: number): number {
  if (!Number.isInteger(count) || count < 0) throw new TypeError('A limit or an offset is not a whole number.');
  return count;
}
