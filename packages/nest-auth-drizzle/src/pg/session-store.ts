import { createHash } from 'node:crypto';
import type {
  Advance,
  RevokeAllOptions,
  RevokedPage,
  RevokedSession,
  Rotation,
  SessionPage,
  SessionRecord,
  SessionStore,
} from '@acme/nest-auth';
import { and, asc, count, desc, eq, gt, gte, inArray, isNull, lt, lte, ne, or, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { countOf, isRotation, isText, isUuid, rowOf, sessionOf } from '../rows.js';
import type { Database } from './database.js';
import type { SessionsTable } from './schema.js';

export class PgSessionStore implements SessionStore {
  readonly #find: ReturnType<typeof prepareFind>;
  readonly #advance: ReturnType<typeof prepareAdvance>;

  constructor(
    private readonly db: Database,
    private readonly sessions: SessionsTable,
    namedStatements: boolean,
  ) {
    this.#find = prepareFind(db, sessions, namedStatements);
    this.#advance = prepareAdvance(db, sessions, namedStatements);
  }

  async create(session: SessionRecord): Promise<void> {
    await this.db.insert(this.sessions).values(rowOf(session));
  }

  async find(id: string): Promise<SessionRecord | null> {
    if (!isUuid(id)) return null;
    const [row] = await this.#find.execute({ id });
    return row ? sessionOf(row) : null;
  }

  async advance(rotation: Rotation): Promise<Advance | null> {
    if (isRotation(rotation)) {
      const [advanced] = await this.#advance.execute({ ...rotation });
      if (advanced) return { won: true, session: sessionOf(advanced) };
    }
    // A separate statement: the first one would read its snapshot from before the winner's write.
    const session = await this.find(rotation.id);
    return session && { won: false, session };
  }

  async revoke(id: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const revoked = await this.db
      .update(this.sessions)
      .set({ revokedAt: new Date() })
      .where(and(eq(this.sessions.id, id), isNull(this.sessions.revokedAt)))
      .returning({ id: this.sessions.id });
    return revoked.length === 1;
  }

  async revokeAll(userId: string, options: RevokeAllOptions): Promise<readonly string[]> {
    if (!isText(userId)) return [];
    const { db, sessions } = this;
    // Every caller locks in this order, so that no two wait for each other. If another caller has just revoked a row,
    // PostgreSQL skips it and takes the next one, so fewer than `limit` rows mean that none is left.
    const chosen = db.$with('chosen').as(
      db
        .select({ id: sessions.id })
        .from(sessions)
        .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt), isToGo(sessions, options)))
        .orderBy(desc(sessions.createdAt), desc(sessions.id))
        .limit(countOf(options.limit))
        .for('update'),
    );
    const revoked = await db
      .with(chosen)
      .update(sessions)
      .set({ revokedAt: new Date() })
      .where(inArray(sessions.id, db.select({ id: chosen.id }).from(chosen)))
      .returning({ id: sessions.id });
    return revoked.map(({ id }) => id);
  }

  async listActive(userId: string, { now, limit, offset = 0 }: SessionPage): Promise<readonly SessionRecord[]> {
    if (!isText(userId)) return [];
    const { sessions } = this;
    const isLive = and(isNull(sessions.revokedAt), gt(sessions.expiresAt, now), gt(sessions.absoluteExpiresAt, now));
    const rows = await this.db
      .select()
      .from(sessions)
      .where(and(eq(sessions.userId, userId), isLive))
      .orderBy(desc(sessions.createdAt), desc(sessions.id))
      .limit(countOf(limit))
      .offset(countOf(offset))
      .$withCache(false);
    return rows.map(sessionOf);
  }

  async deleteExpired(before: Date): Promise<number> {
    const { db, sessions } = this;
    // Counted by the database: a housekeeping run may delete more rows than a process wants to hold.
    const deleted = db
      .$with('deleted')
      .as(db.delete(sessions).where(lt(sessions.absoluteExpiresAt, before)).returning({ id: sessions.id }));
    const [row] = await db.with(deleted).select({ count: count() }).from(deleted).$withCache(false);
    return row?.count ?? 0;
  }

  async revokedSince(since: Date, { limit, afterId }: RevokedPage): Promise<readonly RevokedSession[]> {
    const { id, userId, revokedAt } = this.sessions;
    const isAfter = afterId === undefined ? undefined : or(gt(revokedAt, since), gt(id, afterId));
    const rows = await this.db
      .select({ sessionId: id, userId, revokedAt })
      .from(this.sessions)
      .where(and(gte(revokedAt, since), isAfter))
      .orderBy(asc(revokedAt), asc(id))
      .limit(countOf(limit))
      .$withCache(false);
    return rows.flatMap((row) => (row.revokedAt ? [{ ...row, revokedAt: row.revokedAt }] : []));
  }
}

function isToGo({ id, createdAt }: SessionsTable, { exceptId, upTo }: RevokeAllOptions) {
  // An invalid id spares no session.
  const isOther = isUuid(exceptId) ? ne(id, exceptId) : undefined;
  if (!upTo) return isOther;
  // The first condition lets PostgreSQL use the index.
  return and(isOther, lte(createdAt, upTo.createdAt), or(lt(createdAt, upTo.createdAt), lte(id, upTo.id)));
}

// Building a query costs more than sending it, so the two that a refresh needs are built once.

function prepareFind(db: Database, sessions: SessionsTable, isNamed: boolean) {
  const query = db
    .select()
    .from(sessions)
    .where(eq(sessions.id, bound('id', sessions.id)))
    .$withCache(false);
  return query.prepare(isNamed ? nameOf(query) : UNNAMED);
}

function prepareAdvance(db: Database, sessions: SessionsTable, isNamed: boolean) {
  const { id, secretHash, generation, rotatedAt, revokedAt, expiresAt, absoluteExpiresAt } = sessions;
  const now = bound('now', rotatedAt);
  const isIt = and(eq(id, bound('id', id)), eq(secretHash, bound('secretHash', secretHash)));
  const isAtIt = and(isIt, eq(generation, bound('fromGeneration', generation)));
  const isLive = and(isNull(revokedAt), gt(expiresAt, now), gt(absoluteExpiresAt, now));
  const query = db
    .update(sessions)
    .set({ generation: sql`${generation} + 1`, rotatedAt: now, expiresAt: bound('expiresAt', expiresAt) })
    .where(and(isAtIt, isLive))
    .returning();
  return query.prepare(isNamed ? nameOf(query) : UNNAMED);
}

/**
 * A placeholder. The SQL states its type, because some drivers, such as the Data API's, need one and are told none. It
 * has no precision, which PostgreSQL would apply at each call.
 */
function bound(name: string, column: PgColumn) {
  const type = column.getSQLType().replace(/ ?\(\d+\)/, '');
  return sql`cast(${sql.param(sql.placeholder(name), column)} as ${sql.raw(type)})`;
}

/** An unnamed statement leaves nothing in the connection, which a pooler may give to another client. */
const UNNAMED = '';

/** A name made from the text, because a connection accepts each name for one text only. */
function nameOf(query: { toSQL(): { readonly sql: string } }): string {
  return `nest_auth_${createHash('sha256').update(query.toSQL().sql).digest('base64url')}`;
}
