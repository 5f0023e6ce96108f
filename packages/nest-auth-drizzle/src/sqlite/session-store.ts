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
import { and, asc, desc, eq, gt, gte, inArray, isNull, lt, lte, ne, or } from 'drizzle-orm';
import { countOf, isRotation, isText, isUuid, rowOf, sessionOf } from '../rows.js';
import type { Database } from './database.js';
import type { SessionsTable } from './schema.js';

export class SqliteSessionStore implements SessionStore {
  constructor(
    private readonly db: Database,
    private readonly sessions: SessionsTable,
  ) {}

  async create(session: SessionRecord): Promise<void> {
    await this.db.insert(this.sessions).values(rowOf(session));
  }

  async find(id: string): Promise<SessionRecord | null> {
    if (!isUuid(id)) return null;
    const [row] = await this.db.select().from(this.sessions).where(eq(this.sessions.id, id)).$withCache(false);
    return row ? sessionOf(row) : null;
  }

  async advance(rotation: Rotation): Promise<Advance | null> {
    const { sessions } = this;
    const { id, secretHash, fromGeneration, now, expiresAt } = rotation;
    if (isRotation(rotation)) {
      const isAtIt = and(eq(sessions.secretHash, secretHash), eq(sessions.generation, fromGeneration));
      const isLive = and(isNull(sessions.revokedAt), gt(sessions.expiresAt, now), gt(sessions.absoluteExpiresAt, now));
      const [advanced] = await this.db
        .update(sessions)
        .set({ generation: fromGeneration + 1, rotatedAt: now, expiresAt })
        .where(and(eq(sessions.id, id), isAtIt, isLive))
        .returning();
      if (advanced) return { won: true, session: sessionOf(advanced) };
    }
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

  async revokeAll(userId: string, { exceptId, upTo, limit }: RevokeAllOptions): Promise<readonly string[]> {
    if (!isText(userId)) return [];
    const { id, userId: owner, createdAt, revokedAt } = this.sessions;
    // An invalid id spares no session.
    const isOther = isUuid(exceptId) ? ne(id, exceptId) : undefined;
    const isOlder = upTo && or(lt(createdAt, upTo.createdAt), lte(id, upTo.id));
    const chosen = this.db
      .select({ id })
      .from(this.sessions)
      .where(and(eq(owner, userId), isNull(revokedAt), isOther, upTo && lte(createdAt, upTo.createdAt), isOlder))
      .orderBy(desc(createdAt), desc(id))
      .limit(countOf(limit));
    const revoked = await this.db
      .update(this.sessions)
      .set({ revokedAt: new Date() })
      .where(inArray(id, chosen))
      .returning({ id });
    return revoked.map((row) => row.id);
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
    // Each driver names the row count differently, so the deleted rows are returned and counted.
    const deleted = await this.db
      .delete(this.sessions)
      .where(lt(this.sessions.absoluteExpiresAt, before))
      .returning({ id: this.sessions.id });
    return deleted.length;
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
