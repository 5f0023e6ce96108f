import { createHash } from 'node:crypto';
import type { Advance, RevokedSession, SessionRecord, SessionStore } from '@acme/nest-auth';
import { and, count, desc, eq, gt, gte, isNull, lt, ne, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { isGeneration, isText, isUuid } from '../rows.js';
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
    await this.db.insert(this.sessions).values(session);
  }

  async find(id: string): Promise<SessionRecord | null> {
    if (!isUuid(id)) return null;
    const [row] = await this.#find.execute({ id });
    return row ?? null;
  }

  async advance(id: string, fromGeneration: number, now: Date, expiresAt: Date): Promise<Advance | null> {
    if (isUuid(id) && isGeneration(fromGeneration)) {
      const [advanced] = await this.#advance.execute({ id, fromGeneration, now, expiresAt });
      if (advanced) return { won: true, session: advanced };
    }
    // A statement of its own: inside the first one it would see the snapshot from before the winner.
    const session = await this.find(id);
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

  async revokeAll(userId: string, exceptId?: string): Promise<readonly string[]> {
    if (!isText(userId)) return [];
    const { sessions } = this;
    // What is no session's id spares none.
    const isOther = isUuid(exceptId) ? ne(sessions.id, exceptId) : undefined;
    const revoked = await this.db
      .update(sessions)
      .set({ revokedAt: new Date() })
      .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt), isOther))
      .returning({ id: sessions.id });
    return revoked.map(({ id }) => id);
  }

  async listActive(userId: string): Promise<readonly SessionRecord[]> {
    if (!isText(userId)) return [];
    return this.db
      .select()
      .from(this.sessions)
      .where(and(eq(this.sessions.userId, userId), isNull(this.sessions.revokedAt)))
      .orderBy(desc(this.sessions.createdAt))
      .$withCache(false);
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

  async revokedSince(since: Date): Promise<readonly RevokedSession[]> {
    const { id, userId, revokedAt } = this.sessions;
    const rows = await this.db
      .select({ sessionId: id, userId, revokedAt })
      .from(this.sessions)
      .where(gte(revokedAt, since))
      .$withCache(false);
    return rows.flatMap((row) => (row.revokedAt ? [{ ...row, revokedAt: row.revokedAt }] : []));
  }
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
  const { id, generation, rotatedAt, revokedAt, expiresAt, absoluteExpiresAt } = sessions;
  const now = bound('now', rotatedAt);
  const isAtIt = and(eq(id, bound('id', id)), eq(generation, bound('fromGeneration', generation)));
  const isLive = and(isNull(revokedAt), gt(expiresAt, now), gt(absoluteExpiresAt, now));
  const query = db
    .update(sessions)
    .set({ generation: sql`${generation} + 1`, rotatedAt: now, expiresAt: bound('expiresAt', expiresAt) })
    .where(and(isAtIt, isLive))
    .returning();
  return query.prepare(isNamed ? nameOf(query) : UNNAMED);
}

/**
 * A value to come. Its type is in the SQL, as drivers that want to know one, such as the Data API's, hear of none;
 * without a precision, which PostgreSQL would apply at each call.
 */
function bound(name: string, column: PgColumn) {
  const type = column.getSQLType().replace(/ ?\(\d+\)/, '');
  return sql`cast(${sql.param(sql.placeholder(name), column)} as ${sql.raw(type)})`;
}

/** Without a name nothing stays behind in the connection, which a pooler may hand to somebody else. */
const UNNAMED = '';

/** Of the text, as a connection takes each name for one text alone. */
function nameOf(query: { toSQL(): { readonly sql: string } }): string {
  return `nest_auth_${createHash('sha256').update(query.toSQL().sql).digest('base64url')}`;
}
