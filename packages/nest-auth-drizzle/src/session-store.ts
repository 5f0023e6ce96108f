import type { RevokeAllOptions, Rotation } from '@acme/nest-auth';
import { type SessionQueries, type SessionRow, TableSessionStore } from '@acme/nest-auth/adapter';
import { and, asc, type Column, desc, eq, gt, gte, isNull, lt, lte, ne, or, type SQL, sql } from 'drizzle-orm';
import type { Select, Writes } from './statements.js';

export type SessionColumns = Readonly<Record<keyof SessionRow, Column>>;

/** The statements that each drizzle dialect builds in its own way. */
export interface SessionStatements
  extends Pick<SessionQueries, 'insert' | 'find' | 'advance'>,
    Pick<Writes, 'update' | 'delete'> {
  select(): Select<SessionRow>;
  selectRevoked(): Select<Pick<SessionRow, 'id' | 'userId' | 'revokedAt'>>;
  /** Revokes the first `limit` of these sessions. @returns the ids of those that it revoked */
  revokeFirst(where: SQL | undefined, order: readonly SQL[], limit: number, now: Date): Promise<readonly string[]>;
}

/** `SessionStore` on a table of drizzle. */
export function sessionStoreOf(sessions: SessionColumns, statements: SessionStatements): TableSessionStore {
  const { id, userId, createdAt, absoluteExpiresAt, revokedAt, authenticatedAt } = sessions;
  const newestFirst = [desc(createdAt), desc(id)];
  return new TableSessionStore({
    ...statements,
    reauthenticate: (withId, { at, methods, now }) => {
      const where = and(eq(id, withId), isLive(sessions, now), lte(authenticatedAt, at));
      return statements.update({ authenticatedAt: at, methods }, where);
    },
    revoke: (withId, now) => statements.update({ revokedAt: now }, and(eq(id, withId), isNull(revokedAt))),
    revokeAll: (ofUser, options, now) =>
      statements.revokeFirst(isToGo(sessions, ofUser, options), newestFirst, options.limit, now),
    listActive: async (ofUser, { now, limit, offset }) =>
      statements
        .select()
        .where(and(eq(userId, ofUser), isLive(sessions, now)))
        .orderBy(...newestFirst)
        .limit(limit)
        .offset(offset)
        .$withCache(false),
    deleteExpired: (before) => statements.delete(lt(absoluteExpiresAt, before)),
    revokedSince: async (since, { limit, afterId }) => {
      const isAfter = afterId === undefined ? undefined : or(gt(revokedAt, since), gt(id, afterId));
      return statements
        .selectRevoked()
        .where(and(gte(revokedAt, since), isAfter))
        .orderBy(asc(revokedAt), asc(id))
        .limit(limit)
        .$withCache(false);
    },
  });
}

/**
 * The UPDATE of a rotation.
 * @param bound binds a value in the form that the column takes
 */
export function rotationUpdate(sessions: SessionColumns, bound: (value: keyof Rotation, column: Column) => SQL) {
  const { id, secretHash, generation, rotatedAt, expiresAt } = sessions;
  const now = bound('now', rotatedAt);
  const isIt = and(eq(id, bound('id', id)), eq(secretHash, bound('secretHash', secretHash)));
  const isAtIt = and(isIt, eq(generation, bound('fromGeneration', generation)));
  return {
    set: { generation: sql`${generation} + 1`, rotatedAt: now, expiresAt: bound('expiresAt', expiresAt) },
    where: and(isAtIt, isLive(sessions, now)),
  };
}

function isLive({ revokedAt, expiresAt, absoluteExpiresAt }: SessionColumns, now: Date | SQL): SQL | undefined {
  return and(isNull(revokedAt), gt(expiresAt, now), gt(absoluteExpiresAt, now));
}

function isToGo(
  { id, userId, createdAt, revokedAt }: SessionColumns,
  ofUser: string,
  { exceptId, upTo }: RevokeAllOptions,
): SQL | undefined {
  const isOther = exceptId === undefined ? undefined : ne(id, exceptId);
  // The first condition lets PostgreSQL use the index.
  const isOlder = upTo && [lte(createdAt, upTo.createdAt), or(lt(createdAt, upTo.createdAt), lte(id, upTo.id))];
  return and(eq(userId, ofUser), isNull(revokedAt), isOther, ...(isOlder ?? []));
}
