import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Rotation, SessionPage, SessionRecord, SessionStore } from '@acme/nest-auth';
import type { Conformance } from '../kit.js';

export interface SessionStoreConformance extends Conformance<SessionStore> {
  /** Makes a user for the sessions' `userId`, if a foreign key requires it. @default a random UUID */
  readonly userId?: () => string | Promise<string>;
  /** Which of the optional methods to prove. @default none */
  readonly supports?: { readonly revokedSince?: boolean; readonly watchRevocations?: boolean };
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** Opens the store and adds one session of a new user. */
export function setUpOf({ factory, userId = randomUUID }: SessionStoreConformance) {
  return async (changes: Partial<SessionRecord> = {}) => {
    const store = await factory();
    const session = record({ userId: await userId(), ...changes });
    await store.create(session);
    return { store, session };
  };
}

export function record(changes: Partial<SessionRecord>): SessionRecord {
  const createdAt = changes.createdAt ?? new Date(Date.now() + 123);
  return {
    id: randomUUID(),
    userId: randomUUID(),
    secretHash: randomUUID().padEnd(43, 'x'),
    generation: 0,
    createdAt,
    rotatedAt: createdAt,
    expiresAt: new Date(createdAt.getTime() + 24 * HOUR),
    absoluteExpiresAt: new Date(createdAt.getTime() + 48 * HOUR),
    revokedAt: null,
    userAgent: 'conformance kit',
    ip: '192.0.2.1',
    methods: ['pwd'],
    authenticatedAt: createdAt,
    remember: true,
    actorId: null,
    ...changes,
  };
}

export const later = (session: SessionRecord, by = HOUR) => new Date(session.createdAt.getTime() + by);

/** The rotation that wins an hour after the login. */
export function rotation(session: SessionRecord): Rotation {
  const { id, secretHash, generation } = session;
  return { id, secretHash, fromGeneration: generation, now: later(session), expiresAt: later(session, 2 * HOUR) };
}

/** All sessions that are live an hour after the login. */
export const page = (session: SessionRecord): SessionPage => ({ now: later(session), limit: 100 });

/** A store may return more than a session's fields, but must return each of these unchanged. */
export function assertSame(
  actual: SessionRecord | null | undefined,
  expected: SessionRecord | null | undefined,
  message?: string,
): void {
  assert.ok(actual && expected, 'the session is there');
  const fields = Object.keys(record({})) as (keyof SessionRecord)[];
  const pick = (row: SessionRecord) => Object.fromEntries(fields.map((field) => [field, row[field]]));
  assert.deepEqual(pick(actual), pick(expected), message);
}
