import { TableEphemeralStore } from '@acme/nest-auth/adapter';
import type { EphemeralDelegate } from './schema.js';

/** Short-lived values in the model `AuthEphemeral`. */
export class PrismaEphemeralStore extends TableEphemeralStore {
  constructor(values: EphemeralDelegate) {
    super({
      // With only the unique field in `where`, Prisma makes an upsert one INSERT … ON CONFLICT.
      put: (row) => values.upsert({ where: { key: row.key }, create: row, update: row }),
      take: async (key, now) => {
        try {
          // One DELETE … RETURNING.
          return await values.delete({ where: { key, expiresAt: { gt: now } } });
        } catch (error) {
          if (isNotFound(error)) return null;
          throw error;
        }
      },
      putIfAbsent: async (row, now) => {
        // Prisma has no conditional INSERT … ON CONFLICT DO UPDATE: first an expired row is overwritten, otherwise the
        // unique key decides.
        const takenOver = await values.updateMany({ where: { key: row.key, expiresAt: { lte: now } }, data: row });
        if (takenOver.count === 1) return 1;
        return (await values.createMany({ data: [row], skipDuplicates: true })).count;
      },
      get: (key, now) => values.findUnique({ where: { key, expiresAt: { gt: now } } }),
      deleteExpired: async (now) => (await values.deleteMany({ where: { expiresAt: { lte: now } } })).count,
    });
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'P2025';
}
