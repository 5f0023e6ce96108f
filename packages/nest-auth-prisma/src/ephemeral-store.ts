import type { EphemeralStore } from '@acme/nest-auth';
import type { EphemeralDelegate } from './schema.js';
import { isText } from './values.js';

/** Short-lived values in the model `AuthEphemeral`. */
export class PrismaEphemeralStore implements EphemeralStore {
  constructor(private readonly values: EphemeralDelegate) {}

  async put(key: string, value: string, ttl: number): Promise<void> {
    const row = this.#row(key, value, ttl);
    // With only the unique field in `where`, Prisma makes an upsert one INSERT … ON CONFLICT.
    await this.values.upsert({ where: { key }, create: row, update: row });
  }

  async take(key: string): Promise<string | null> {
    if (!isText(key)) return null;
    try {
      // One DELETE … RETURNING.
      const { value } = await this.values.delete({ where: { key, expiresAt: { gt: new Date() } } });
      return value;
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  async putIfAbsent(key: string, value: string, ttl: number): Promise<boolean> {
    const row = this.#row(key, value, ttl);
    // Prisma has no conditional INSERT … ON CONFLICT DO UPDATE: first an expired row is overwritten, otherwise the
    // unique key decides.
    const where = { key, expiresAt: { lte: new Date() } };
    const takenOver = await this.values.updateMany({ where, data: row });
    if (takenOver.count === 1) return true;
    const inserted = await this.values.createMany({ data: [row], skipDuplicates: true });
    return inserted.count === 1;
  }

  async get(key: string): Promise<string | null> {
    if (!isText(key)) return null;
    const row = await this.values.findUnique({ where: { key, expiresAt: { gt: new Date() } } });
    return row?.value ?? null;
  }

  async deleteExpired(): Promise<number> {
    const { count } = await this.values.deleteMany({ where: { expiresAt: { lte: new Date() } } });
    return count;
  }

  #row(key: string, value: string, ttl: number) {
    if (!isText(key) || !isText(value) || !Number.isFinite(ttl))
      throw new TypeError('The key or the value is not text, or the lifetime is not a number.');
    return { key, value, expiresAt: new Date(Date.now() + ttl * 1000) };
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'P2025';
}
