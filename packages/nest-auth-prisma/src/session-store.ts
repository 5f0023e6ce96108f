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
import { modelRotation, type Rotate } from './rotation.js';
import type { SessionDelegate } from './schema.js';
import { assertSession, countOf, isText, isUuid, revokeInBatches, rowOf, sessionOf, timeOf } from './values.js';

/** The order of a listing. */
const NEWEST_FIRST = [{ createdAt: 'desc' }, { id: 'desc' }] as const;

/**
 * Sessions in the model `AuthSession`. Each method is one SQL statement; an `advance` that loses reads once more, and
 * `revokeAll` reads what it is going to revoke.
 */
export class PrismaSessionStore implements SessionStore {
  constructor(
    private readonly sessions: SessionDelegate,
    private readonly rotate: Rotate = modelRotation(sessions),
  ) {}

  async create(session: SessionRecord): Promise<void> {
    await this.sessions.create({ data: rowOf(assertSession(session)) });
  }

  async find(id: string): Promise<SessionRecord | null> {
    const row = isUuid(id) ? await this.sessions.findUnique({ where: { id } }) : null;
    return row && sessionOf(row);
  }

  async advance(rotation: Rotation): Promise<Advance | null> {
    const { id, secretHash, fromGeneration } = rotation;
    if (!isUuid(id)) return null;
    const isPossible = isText(secretHash) && Number.isInteger(fromGeneration);
    const advanced = isPossible ? await this.rotate(rotation) : undefined;
    if (advanced) return { won: true, session: sessionOf(advanced) };
    // A separate statement: within the UPDATE's, PostgreSQL would show the row from before the winner's write.
    const session = await this.find(id);
    return session && { won: false, session };
  }

  async revoke(id: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const where = { id, revokedAt: null };
    const { count } = await this.sessions.updateMany({ where, data: { revokedAt: new Date() } });
    return count === 1;
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
    const isLive = { revokedAt: null, expiresAt: { gt: timeOf(now) }, absoluteExpiresAt: { gt: now } };
    const rows = await this.sessions.findMany({
      where: { userId, ...isLive },
      orderBy: [...NEWEST_FIRST],
      take: countOf(limit),
      skip: countOf(offset),
    });
    return rows.map(sessionOf);
  }

  async deleteExpired(before: Date): Promise<number> {
    const { count } = await this.sessions.deleteMany({ where: { absoluteExpiresAt: { lt: timeOf(before) } } });
    return count;
  }

  async revokedSince(since: Date, { limit, afterId }: RevokedPage): Promise<readonly RevokedSession[]> {
    const after = afterId === undefined ? {} : { OR: [{ revokedAt: { gt: since } }, { id: { gt: afterId } }] };
    const rows = await this.sessions.findMany({
      where: { revokedAt: { gte: timeOf(since) }, ...after },
      orderBy: [{ revokedAt: 'asc' }, { id: 'asc' }],
      take: countOf(limit),
    });
    return rows.flatMap(({ id, userId, revokedAt }) => (revokedAt ? [{ sessionId: id, userId, revokedAt }] : []));
  }

  async #choose(userId: string, { exceptId, upTo, limit }: RevokeAllOptions): Promise<string[]> {
    const spared = isUuid(exceptId) ? { id: { not: exceptId } } : {};
    // The first condition lets PostgreSQL use the index; Prisma cannot compare rows.
    const older = upTo && {
      createdAt: { lte: timeOf(upTo.createdAt) },
      OR: [{ createdAt: { lt: upTo.createdAt } }, { id: { lte: upTo.id } }],
    };
    const rows = await this.sessions.findMany({
      where: { userId, revokedAt: null, ...spared, ...older },
      orderBy: [...NEWEST_FIRST],
      take: limit,
    });
    return rows.map(({ id }) => id);
  }

  async #revokeThese(ids: readonly string[]): Promise<string[]> {
    const where = { id: { in: [...ids] }, revokedAt: null };
    const revoked = await this.sessions.updateManyAndReturn({ where, data: { revokedAt: new Date() } });
    return revoked.map(({ id }) => id);
  }
}
