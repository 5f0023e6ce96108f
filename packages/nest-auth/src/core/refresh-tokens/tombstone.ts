import { randomUUID } from 'node:crypto';
import type { SessionRecord } from '../../ports/session-store.js';
import { digest, newFamilySecret } from './refresh-token.js';

/** The index of a UUID's version digit. */
const VERSION_AT = 14;

/**
 * A row that tells every process that the rows of a user's sessions were deleted. It is revoked from the start, and
 * nobody has its secret. Its id is a UUID of version 8 (RFC 9562 §5.8), while sessions have version 4.
 * @param lifetime how long an access token can live, clock differences included, in seconds
 */
export function tombstoneOf(userId: string, now: number, lifetime: number): SessionRecord {
  const id = randomUUID();
  const until = new Date(now + lifetime * 1000);
  return {
    id: `${id.slice(0, VERSION_AT)}8${id.slice(VERSION_AT + 1)}`,
    userId,
    secretHash: digest(newFamilySecret()),
    generation: 0,
    createdAt: new Date(now),
    rotatedAt: new Date(now),
    expiresAt: until,
    absoluteExpiresAt: until,
    revokedAt: new Date(now),
    userAgent: null,
    ip: null,
    methods: [],
    authenticatedAt: new Date(now),
    remember: false,
    actorId: null,
  };
}

export function isTombstone(sessionId: string): boolean {
  return sessionId[VERSION_AT] === '8';
}
