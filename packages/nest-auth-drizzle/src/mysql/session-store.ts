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
import { and, asc, desc, eq, gt, gte, inArray, isNull, lt, lte, ne, or, sql } from 'drizzle-orm';
import { againAfterDeadlock, countOf, isRotation, isText, isUuid, revokeInBatches, rowOf, sessionOf } from '../rows.js';
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
    await this.db.insert(this.sessions).values(rowOf(session));
  }

  async find(id: string): Promise<SessionRecord | null> {
    if (!isUuid(id)) return null;
    const [row] = await this.#find.execute({ id });
    return row ? sessionOf(row) : null;
  }

  async advance(rotation: Rotation): Promise<Advance | null> {
    const { id, fromGeneration, now, expiresAt } = rotation;
    let won = false;
    if (isRotation(rotation)) {
      const [{ affectedRows }] = await againAfterDeadlock(() => this.#advance.execute({ ...rotation }));
      won = affectedRows === 1;
    }
    const session = await this.find(id);
    if (!session || !won) return session && { won, session };
    // Another rotation may run between the two statements, so the winner answers with the row that it wrote.
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

  async revokeAll(userId: string, options: RevokeAllOptions): Promise<readonly string[]> {
    if (!isText(userId)) return [];
    return revokeInBatches(
      options.limit,
      (limit) => this.#choose(userId, { ...options, limit }),
      (ids) => this.#revokeThese(ids),
    );
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
    const [{ affectedRows }] = await this.db.delete(this.sessions).where(lt(this.sessions.absoluteExpiresAt, before));
    return affectedRows;
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

  async #choose(userId: string, { exceptId, upTo, limit }: RevokeAllOptions): Promise<string[]> {
    const { id, userId: owner, createdAt, revokedAt } = this.sessions;
    // An invalid id spares no session.
    const isOther = isUuid(exceptId) ? ne(id, exceptId) : undefined;
    const isOlder = upTo && or(lt(createdAt, upTo.createdAt), lte(id, upTo.id));
    const chosen = await this.db
      .select({ id })
      .from(this.sessions)
      .where(and(eq(owner, userId), isNull(revokedAt), isOther, upTo && lte(createdAt, upTo.createdAt), isOlder))
      .orderBy(desc(createdAt), desc(id))
      .limit(limit)
      .$withCache(false);
    return chosen.map((row) => row.id);
  }

  /**
   * Locks rows by primary key only and filters by `revokedAt` afterwards: locking an index that other calls write would
   * deadlock with them.
   */
  #revokeThese(ids: readonly string[]): Promise<readonly string[]> {
    const { sessions } = this;
    const work = () =>
      this.db.transaction(async (tx) => {
        const locked = await tx
          .select({ id: sessions.id, revokedAt: sessions.revokedAt })
          .from(sessions)
          .where(inArray(sessions.id, [...ids]))
          .for('update')
          .$withCache(false);
        const revoked = locked.filter(({ revokedAt }) => revokedAt === null).map(({ id }) => id);
        if (revoked.length > 0) {
          await tx.update(sessions).set({ revokedAt: new Date() }).where(inArray(sessions.id, revoked));
        }
        return revoked;
      });
    return againAfterDeadlock(work);
  }
}

// Building a query costs more than sending it, so the two that a refresh needs are built once.

function prepareFind(db: Database, sessions: SessionsTable) {
  const isIt = eq(sessions.id, sql.placeholder('id'));
  return db.select().from(sessions).where(isIt).$withCache(false).prepare();
}

function prepareAdvance(db: Database, sessions: SessionsTable) {
  const { id, secretHash, generation, rotatedAt, revokedAt, expiresAt, absoluteExpiresAt } = sessions;
  const now = sql`${sql.param(sql.placeholder('now'), rotatedAt)}`;
  const until = sql`${sql.param(sql.placeholder('expiresAt'), expiresAt)}`;
  const isIt = and(eq(id, sql.placeholder('id')), eq(secretHash, sql.placeholder('secretHash')));
  const isAtIt = and(isIt, eq(generation, sql.placeholder('fromGeneration')));
  const isLive = and(isNull(revokedAt), gt(expiresAt, now), gt(absoluteExpiresAt, now));
  return db
    .update(sessions)
    .set({ generation: sql`${generation} + 1`, rotatedAt: now, expiresAt: until })
    .where(and(isAtIt, isLive))
    .prepare();
}
