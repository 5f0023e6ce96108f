import type { Advance, RevokedSession, SessionRecord, SessionStore } from '@acme/nest-auth';
import { and, desc, eq, gt, gte, isNull, lt, ne } from 'drizzle-orm';
import { isGeneration, isText, isUuid } from '../rows.js';
import type { Database } from './database.js';
import type { SessionsTable } from './schema.js';

export class SqliteSessionStore implements SessionStore {
  constructor(
    private readonly db: Database,
    private readonly sessions: SessionsTable,
  ) {}

  async create(session: SessionRecord): Promise<void> {
    await this.db.insert(this.sessions).values(session);
  }

  async find(id: string): Promise<SessionRecord | null> {
    if (!isUuid(id)) return null;
    const [row] = await this.db.select().from(this.sessions).where(eq(this.sessions.id, id)).$withCache(false);
    return row ?? null;
  }

  async advance(id: string, fromGeneration: number, now: Date, expiresAt: Date): Promise<Advance | null> {
    const { sessions } = this;
    if (isUuid(id) && isGeneration(fromGeneration)) {
      const isLive = and(isNull(sessions.revokedAt), gt(sessions.expiresAt, now), gt(sessions.absoluteExpiresAt, now));
      const [advanced] = await this.db
        .update(sessions)
        .set({ generation: fromGeneration + 1, rotatedAt: now, expiresAt })
        .where(and(eq(sessions.id, id), eq(sessions.generation, fromGeneration), isLive))
        .returning();
      if (advanced) return { won: true, session: advanced };
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
    // The number of rows has another name in each driver; the rows themselves have not.
    const deleted = await this.db
      .delete(this.sessions)
      .where(lt(this.sessions.absoluteExpiresAt, before))
      .returning({ id: this.sessions.id });
    return deleted.length;
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
