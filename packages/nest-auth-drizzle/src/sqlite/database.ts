import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core';

/** The part of a drizzle SQLite database that is used. Synchronous drivers fit too. */
export type Database = Pick<BaseSQLiteDatabase<'async' | 'sync', unknown>, 'select' | 'insert' | 'update' | 'delete'>;
