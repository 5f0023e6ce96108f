import type { EphemeralStore } from '@acme/nest-auth';
import { and, eq, gt, lte } from 'drizzle-orm';
import { isText, newEntry } from '../rows.js';
import type { Database } from './database.js';
import type { EphemeralTable } from './schema.js';

export class SqliteEphemeralStore implements EphemeralStore {
  constructor(
    private readonly db: Database,
    private readonly values: EphemeralTable,
  ) {}

  async put(key: string, value: string, ttl: number): Promise<void> {
    const entry = newEntry(key, value, ttl);
    await this.db.insert(this.values).values(entry).onConflictDoUpdate({ target: this.values.key, set: entry });
  }

  async take(key: string): Promise<string | null> {
    if (!isText(key)) return null;
    const [taken] = await this.db
      .delete(this.values)
      .where(and(eq(this.values.key, key), gt(this.values.expiresAt, new Date())))
      .returning({ value: this.values.value });
    return taken?.value ?? null;
  }

  async putIfAbsent(key: string, value: string, ttl: number): Promise<boolean> {
    const entry = newEntry(key, value, ttl);
    const stored = await this.db
      .insert(this.values)
      .values(entry)
      .onConflictDoUpdate({ target: this.values.key, set: entry, setWhere: lte(this.values.expiresAt, new Date()) })
      .returning({ key: this.values.key });
    return stored.length === 1;
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
    const { key, expiresAt } = this.values;
    const deleted = await this.db.delete(this.values).where(lte(expiresAt, new Date())).returning({ key });
    return deleted.length;
  }
}
