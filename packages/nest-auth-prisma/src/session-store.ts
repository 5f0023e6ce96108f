import type { Advance, RevokedSession, SessionRecord, SessionStore } from '@acme/nest-auth';
import { modelRotation, type Rotation } from './rotation.js';
import type { SessionDelegate } from './schema.js';
import { isText, isUuid, timeOf } from './values.js';

/** Sessions in the model `AuthSession`. Each method is one SQL statement; an `advance` that loses reads once more. */
export class PrismaSessionStore implements SessionStore {
  constructor(
    private readonly sessions: SessionDelegate,
    private readonly rotate: Rotation = modelRotation(sessions),
  ) {}

  async create(session: SessionRecord): Promise<void> {
    const { id, userId, secretHash, generation, createdAt, rotatedAt } = session;
    const { expiresAt, absoluteExpiresAt, revokedAt, userAgent, ip } = session;
    await this.sessions.create({
      data: {
        id,
        userId,
        secretHash,
        generation,
        createdAt,
        rotatedAt,
        expiresAt,
        absoluteExpiresAt,
        revokedAt,
        userAgent,
        ip,
      },
    });
  }

  async find(id: string): Promise<SessionRecord | null> {
    return isUuid(id) ? this.sessions.findUnique({ where: { id } }) : null;
  }

  async advance(id: string, fromGeneration: number, now: Date, expiresAt: Date): Promise<Advance | null> {
    if (!isUuid(id)) return null;
    const isNumber = Number.isInteger(fromGeneration);
    const advanced = isNumber ? await this.rotate(id, fromGeneration, now, expiresAt) : undefined;
    if (advanced) return { won: true, session: advanced };
    // A statement of its own: within the UPDATE's, PostgreSQL would show the row from before the winner.
    const session = await this.find(id);
    return session && { won: false, session };
  }

  async revoke(id: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const where = { id, revokedAt: null };
    const { count } = await this.sessions.updateMany({ where, data: { revokedAt: new Date() } });
    return count === 1;
  }

  async revokeAll(userId: string, exceptId?: string): Promise<readonly string[]> {
    if (!isText(userId)) return [];
    const spared = isUuid(exceptId) ? { id: { not: exceptId } } : {};
    const revoked = await this.sessions.updateManyAndReturn({
      where: { userId, revokedAt: null, ...spared },
      data: { revokedAt: new Date() },
    });
    return revoked.map(({ id }) => id);
  }

  async listActive(userId: string): Promise<readonly SessionRecord[]> {
    if (!isText(userId)) return [];
    return this.sessions.findMany({ where: { userId, revokedAt: null }, orderBy: { createdAt: 'desc' } });
  }

  async deleteExpired(before: Date): Promise<number> {
    const { count } = await this.sessions.deleteMany({ where: { absoluteExpiresAt: { lt: timeOf(before) } } });
    return count;
  }

  async revokedSince(since: Date): Promise<readonly RevokedSession[]> {
    const rows = await this.sessions.findMany({ where: { revokedAt: { gte: timeOf(since) } } });
    return rows.flatMap(({ id, userId, revokedAt }) => (revokedAt ? [{ sessionId: id, userId, revokedAt }] : []));
  }
}
