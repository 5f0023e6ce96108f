import type { UserMapping } from '@acme/nest-auth/adapter';
import { sql } from 'drizzle-orm';
import { DrizzleUserStore } from '../user-store.js';
import type { Database } from './database.js';
import type { UsersTable } from './schema.js';

export function sqliteUserStore<Users extends UsersTable, Extra>(
  db: Database,
  users: Users,
  mapping: UserMapping<Users['$inferSelect'], Extra, object>,
): DrizzleUserStore<Users, Extra> {
  // Which columns the table has does not matter here.
  const table: UsersTable = users;
  return new DrizzleUserStore(users, mapping, {
    dialect: 'sqlite',
    exactly: (column, value) => sql`${column} = ${value} collate binary`,
    select: (where, limit) => db.select().from(table).where(where).limit(limit).$withCache(false),
    pick: (column, limit) =>
      db
        .select({ value: sql`${column}` })
        .from(table)
        .limit(limit)
        .$withCache(false),
    insert: async (row) => (await db.insert(table).values(row).returning())[0] ?? null,
    update: async (changes, where) => (await db.update(table).set(changes).where(where).returning()).length,
  });
}
