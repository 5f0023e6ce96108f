import {
  type EphemeralQueries,
  type EphemeralRow,
  type StoredValue,
  TableEphemeralStore,
} from '@acme/nest-auth/adapter';
import type { EphemeralDelegate } from './schema.js';

/** Short-lived values in the model `AuthEphemeral`. */
export class PrismaEphemeralStore extends TableEphemeralStore {
  constructor(values: EphemeralDelegate) {
    super(new EphemeralModel(values));
  }
}

class EphemeralModel implements EphemeralQueries {
  constructor(private readonly values: EphemeralDelegate) {}

  async put(row: EphemeralRow): Promise<void> {
    // With only the unique field in `where`, Prisma makes an upsert one INSERT … ON CONFLICT.
    await this.values.upsert({ where: { key: row.key }, create: row, update: row });
  }

  async take(key: string, now: Date): Promise<StoredValue> {
    try {
      // One DELETE … RETURNING.
      return await this.values.delete({ where: { key, expiresAt: { gt: now } } });
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  async putIfAbsent(row: EphemeralRow, now: Date): Promise<number> {
    // Prisma has no conditional INSERT … ON CONFLICT DO UPDATE: first an expired row is overwritten, otherwise the
    // unique key decides.
    const where = { key: row.key, expiresAt: { lte: now } };
    const takenOver = await this.values.updateMany({ where, data: row });
    if (takenOver.count === 1) return 1;
    const inserted = await this.values.createMany({ data: [row], skipDuplicates: true });
    return inserted.count;
  }

  async get(key: string, now: Date): Promise<StoredValue> {
    return this.values.findUnique({ where: { key, expiresAt: { gt: now } } });
  }

  async deleteExpired(now: Date): Promise<number> {
    const { count } = await this.values.deleteMany({ where: { expiresAt: { lte: now } } });
    return count;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'P2025';
}
