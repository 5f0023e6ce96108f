import type { Advance, RevokedSession, SessionRecord, SessionStore } from '@acme/nest-auth';
import { and, desc, eq, gt, gte, inArray, isNull, lt, ne, sql } from 'drizzle-orm';
import { isGeneration, isText, isUuid } from '../rows.js';
import type { Database } from './database.js';
import type { SessionsTable } from './schema.js';

export class MySqlSessionStore implements SessionStore {
  readonly #find: ReturnType<typeof prepareFind>;
  readonly #advance: ReturnType<typeof prepareAdvance>;

  constructor(
    private readonly db: Database,
    private readonly sessions: SessionsTable,
  ) {
    this.#find = prepareFind(db, sessions);
    this.#advance = prepareAdvance(db, sessions);
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
    let won = false;
    if (isUuid(id) && isGeneration(fromGeneration)) {
      const [{ affectedRows }] = await this.#advance.execute({ id, fromGeneration, now, expiresAt });
      won = affectedRows === 1;
    }
    const session = await this.find(id);
    if (!session || !won) return session && { won, session };
    // The next rotation may lie between the two statements: the winner's answer is the row that this call wrote.
    return { won, session: { ...session, generation: fromGeneration + 1, rotatedAt: now, expiresAt } };
  }

  async revoke(id: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const [{ affectedRows }] = await this.db
      .update(this.sessions)
      .set({ revokedAt: new Date() })
      .where(and(eq(this.sessions.id, id), isNull(this.sessions.revokedAt)));
    return affectedRows === 1;
  }

  async revokeAll(userId: string, exceptId?: string): Promise<readonly string[]> {
    if (!isText(userId)) return [];
    const { sessions } = this;
    // What is no session's id spares none.
    const isOther = isUuid(exceptId) ? ne(sessions.id, exceptId) : undefined;
    const live = await this.db
      .select({ id: sessions.id })
      .from(sessions)
      .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt), isOther))
      .$withCache(false);
    return live.length === 0 ? [] : this.#revokeThese(live.map(({ id }) => id));
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
    const [{ affectedRows }] = await this.db.delete(this.sessions).where(lt(this.sessions.absoluteExpiresAt, before));
    return affectedRows;
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

  /**
   * Locks by primary key only, and looks at `revokedAt` here: a scan that locks an index that other calls write
   * deadlocks with them.
   */
  #revokeThese(ids: string[]): Promise<readonly string[]> {
    const { sessions } = this;
    return this.db.transaction(async (tx) => {
      const locked = await tx
        .select({ id: sessions.id, revokedAt: sessions.revokedAt })
        .from(sessions)
        .where(inArray(sessions.id, ids))
        .for('update')
        .$withCache(false);
      const revoked = locked.filter(({ revokedAt }) => revokedAt === null).map(({ id }) => id);
      if (revoked.length > 0) {
        await tx.update(sessions).set({ revokedAt: new Date() }).where(inArray(sessions.id, revoked));
      }
      return revoked;
    });
  }
}

// Building a query costs more than sending it, so the two that a refresh needs are built once.

function prepareFind(db: Database, sessions: SessionsTable) {
  const isIt = eq(sessions.id, sql.placeholder('id'));
  return db.select().from(sessions).where(isIt).$withCache(false).prepare();
}

function prepareAdvance(db: Database, sessions: SessionsTable) {
  const { id, generation, rotatedAt, revokedAt, expiresAt, absoluteExpiresAt } = sessions;
  const now = sql`${sql.param(sql.placeholder('now'), rotatedAt)}`;
  const until = sql`${sql.param(sql.placeholder('expiresAt'), expiresAt)}`;
  const isAtIt = and(eq(id, sql.placeholder('id')), eq(generation, sql.placeholder('fromGeneration')));
  const isLive = and(isNull(revokedAt), gt(expiresAt, now), gt(absoluteExpiresAt, now));
  return db
    .update(sessions)
    .set({ generation: sql`${generation} + 1`, rotatedAt: now, expiresAt: until })
    .where(and(isAtIt, isLive))
    .prepare();
}
