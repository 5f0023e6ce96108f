import type {
  RevokeAllOptions,
  RevokedPage,
  RevokedSession,
  Rotation,
  SessionPage,
  SessionRecord,
} from '@acme/nest-auth';
import { revokeInBatches, type SessionQueries, TableSessionStore } from '@acme/nest-auth/adapter';
import { modelRotation, type Rotate } from './rotation.js';
import type { SessionDelegate } from './schema.js';
import { rowOf, sessionOf } from './values.js';

/** The order of a listing. */
const NEWEST_FIRST = [{ createdAt: 'desc' }, { id: 'desc' }] as const;

/**
 * Sessions in the model `AuthSession`. Each method is one SQL statement; an `advance` that loses reads once more, and
 * `revokeAll` reads what it is going to revoke.
 */
export class PrismaSessionStore extends TableSessionStore {
  constructor(sessions: SessionDelegate, rotate: Rotate = modelRotation(sessions)) {
    super(new SessionModel(sessions, rotate));
  }
}

class SessionModel implements SessionQueries {
  constructor(
    private readonly sessions: SessionDelegate,
    private readonly rotate: Rotate,
  ) {}

  async insert(session: SessionRecord): Promise<void> {
    await this.sessions.create({ data: rowOf(session) });
  }

  async find(id: string): Promise<SessionRecord | null> {
    const row = await this.sessions.findUnique({ where: { id } });
    return row && sessionOf(row);
  }

  async advance(rotation: Rotation): Promise<SessionRecord | undefined> {
    const advanced = await this.rotate(rotation);
    return advanced && sessionOf(advanced);
  }

  async revoke(id: string, revokedAt: Date): Promise<number> {
    const { count } = await this.sessions.updateMany({ where: { id, revokedAt: null }, data: { revokedAt } });
    return count;
  }

  revokeAll(userId: string, options: RevokeAllOptions, revokedAt: Date): Promise<readonly string[]> {
    return revokeInBatches(
      options.limit,
      (limit) => this.#choose(userId, { ...options, limit }),
      (ids) => this.#revokeThese(ids, revokedAt),
    );
  }

  async listActive(userId: string, { now, limit, offset }: Required<SessionPage>): Promise<readonly SessionRecord[]> {
    const isLive = { revokedAt: null, expiresAt: { gt: now }, absoluteExpiresAt: { gt: now } };
    const rows = await this.sessions.findMany({
      where: { userId, ...isLive },
      orderBy: [...NEWEST_FIRST],
      take: limit,
      skip: offset,
    });
    return rows.map(sessionOf);
  }

  async deleteExpired(before: Date): Promise<number> {
    const { count } = await this.sessions.deleteMany({ where: { absoluteExpiresAt: { lt: before } } });
    return count;
  }

  async revokedSince(since: Date, { limit, afterId }: RevokedPage): Promise<readonly RevokedSession[]> {
    const after = afterId === undefined ? {} : { OR: [{ revokedAt: { gt: since } }, { id: { gt: afterId } }] };
    const rows = await this.sessions.findMany({
      where: { revokedAt: { gte: since }, ...after },
      orderBy: [{ revokedAt: 'asc' }, { id: 'asc' }],
      take: limit,
    });
    return rows.flatMap(({ id, userId, revokedAt }) => (revokedAt ? [{ sessionId: id, userId, revokedAt }] : []));
  }

  async #choose(userId: string, { exceptId, upTo, limit }: RevokeAllOptions): Promise<string[]> {
    const spared = exceptId === undefined ? {} : { id: { not: exceptId } };
    // The first condition lets PostgreSQL use the index; Prisma cannot compare rows.
    const older = upTo && {
      createdAt: { lte: upTo.createdAt },
      OR: [{ createdAt: { lt: upTo.createdAt } }, { id: { lte: upTo.id } }],
    };
    const rows = await this.sessions.findMany({
      where: { userId, revokedAt: null, ...spared, ...older },
      orderBy: [...NEWEST_FIRST],
      take: limit,
    });
    return rows.map(({ id }) => id);
  }

  async #revokeThese(ids: readonly string[], revokedAt: Date): Promise<string[]> {
    const where = { id: { in: [...ids] }, revokedAt: null };
    const revoked = await this.sessions.updateManyAndReturn({ where, data: { revokedAt } });
    return revoked.map(({ id }) => id);
  }
}
