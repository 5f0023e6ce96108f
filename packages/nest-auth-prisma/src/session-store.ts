import type { RevokeAllOptions } from '@acme/nest-auth';
import { revokeInBatches, TableSessionStore } from '@acme/nest-auth/adapter';
import { modelRotation, type Rotate } from './rotation.js';
import type { SessionDelegate } from './schema.js';

/** The order of a listing. */
const NEWEST_FIRST = [{ createdAt: 'desc' }, { id: 'desc' }] as const;

/**
 * Sessions in the model `AuthSession`. Each method is one SQL statement; an `advance` that loses reads once more, and
 * `revokeAll` reads what it is going to revoke.
 */
export class PrismaSessionStore extends TableSessionStore {
  constructor(sessions: SessionDelegate, rotate: Rotate = modelRotation(sessions)) {
    super({
      insert: (data) => sessions.create({ data }),
      find: (id) => sessions.findUnique({ where: { id } }),
      advance: rotate,
      reauthenticate: async (id, { at, methods, now }) => {
        const isLive = { revokedAt: null, expiresAt: { gt: now }, absoluteExpiresAt: { gt: now } };
        const where = { id, ...isLive, authenticatedAt: { lte: at } };
        const { count } = await sessions.updateMany({ where, data: { authenticatedAt: at, methods } });
        return count;
      },
      revoke: async (id, now) => {
        const { count } = await sessions.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: now } });
        return count;
      },
      revokeAll: (userId, options, now) => {
        const where = { userId, ...isToGo(options) };
        const choose = async (take: number) =>
          idsOf(await sessions.findMany({ where, orderBy: [...NEWEST_FIRST], take }));
        const revoke = async (ids: readonly string[]) =>
          idsOf(
            await sessions.updateManyAndReturn({
              where: { id: { in: [...ids] }, revokedAt: null },
              data: { revokedAt: now },
            }),
          );
        return revokeInBatches(options.limit, choose, revoke);
      },
      listActive: (userId, { now, limit: take, offset: skip }) => {
        const where = { userId, revokedAt: null, expiresAt: { gt: now }, absoluteExpiresAt: { gt: now } };
        return sessions.findMany({ where, orderBy: [...NEWEST_FIRST], take, skip });
      },
      deleteExpired: async (before) => {
        const { count } = await sessions.deleteMany({ where: { absoluteExpiresAt: { lt: before } } });
        return count;
      },
      revokedSince: (since, { limit: take, afterId }) => {
        const after = afterId === undefined ? {} : { OR: [{ revokedAt: { gt: since } }, { id: { gt: afterId } }] };
        const where = { revokedAt: { gte: since }, ...after };
        return sessions.findMany({ where, orderBy: [{ revokedAt: 'asc' }, { id: 'asc' }], take });
      },
    });
  }
}

function isToGo({ exceptId, upTo }: RevokeAllOptions) {
  const spared = exceptId === undefined ? {} : { id: { not: exceptId } };
  // The first condition lets PostgreSQL use the index; Prisma cannot compare rows.
  const older = upTo && {
    createdAt: { lte: upTo.createdAt },
    OR: [{ createdAt: { lt: upTo.createdAt } }, { id: { lte: upTo.id } }],
  };
  return { revokedAt: null, ...spared, ...older };
}

function idsOf(rows: readonly { readonly id: string }[]): string[] {
  return rows.map(({ id }) => id);
}
