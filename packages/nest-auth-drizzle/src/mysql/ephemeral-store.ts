import type { EphemeralStore } from '@acme/nest-auth';
import { and, eq, gt, lte } from 'drizzle-orm';
import { isText, isUniqueViolation, newEntry } from '../rows.js';
import type { Database } from './database.js';
import type { EphemeralTable } from './schema.js';

export class MySqlEphemeralStore implements EphemeralStore {
  constructor(
    private readonly db: Database,
    private readonly values: EphemeralTable,
  ) {}

  async put(key: string, value: string, ttl: number): Promise<void> {
    const entry = newEntry(key, value, ttl);
    await this.db.insert(this.values).values(entry).onDuplicateKeyUpdate({ set: entry });
  }

  async take(key: string): Promise<string | null> {
    if (!isText(key)) return null;
    const { key: keyColumn, value, expiresAt } = this.values;
    return this.db.transaction(async (tx) => {
      const isKey = eq(keyColumn, key);
      const [found] = await tx
        .select({ value, expiresAt })
        .from(this.values)
        .where(isKey)
        .for('update')
        .$withCache(false);
      if (!found) return null;
      await tx.delete(this.values).where(isKey);
      return found.expiresAt > new Date() ? found.value : null;
    });
  }

  async putIfAbsent(key: string, value: string, ttl: number): Promise<boolean> {
    const entry = newEntry(key, value, ttl);
    // An upsert cannot tell which it was: with mysql2's default flags, a row left as it is counts like a new one.
    await this.db.delete(this.values).where(and(eq(this.values.key, key), lte(this.values.expiresAt, new Date())));
    try {
      await this.db.insert(this.values).values(entry);
      return true;
    } catch (error) {
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }

  async get(key: string): Promise<string | null> {
    if (!isText(key)) return null;
    const [found] = await this.db
      .select({ value: this.values.value })
      .from(this.values)
      .where(and(eq(this.values.key, key), gt(this.values.expiresAt, new Date())))
      .$withCache(false);
    return found?.value ?? null;
  }

  async deleteExpired(): Promise<number> {
    const [{ affectedRows }] = await this.db.delete(this.values).where(lte(this.values.expiresAt, new Date()));
    return affectedRows;
  }
}
