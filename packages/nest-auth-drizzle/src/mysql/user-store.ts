import type { UserMapping } from '@acme/nest-auth/adapter';
import { sql } from 'drizzle-orm';
import { againAfterDeadlock } from '../rows.js';
import { DrizzleUserStore } from '../user-store.js';
import type { Database } from './database.js';
import type { UsersTable } from './schema.js';

export function mysqlUserStore<Users extends UsersTable, Extra>(
  db: Database,
  users: Users,
  mapping: UserMapping<Users['$inferSelect'], Extra, object>,
): DrizzleUserStore<Users, Extra> {
  // Which columns the table has does not matter here.
  const table: UsersTable = users;
  return new DrizzleUserStore(users, mapping, {
    dialect: 'mysql',
    exactly: (column, value) => sql`cast(convert(${column} using utf8mb4) as binary) = cast(${value} as binary)`,
    select: (where, limit) => db.select().from(table).where(where).limit(limit).$withCache(false),
    pick: (column, limit) =>
      db
        .select({ value: sql`${column}` })
        .from(table)
        .limit(limit)
        .$withCache(false),
    // Drizzle cannot return inserted rows on MariaDB and MySQL.
    insert: async (row) => {
      await db.insert(table).values(row);
      return null;
    },
    update: async (changes, where) => {
      const [{ affectedRows }] = await againAfterDeadlock(async () => db.update(table).set(changes).where(where));
      return affectedRows;
    },
  });
}
