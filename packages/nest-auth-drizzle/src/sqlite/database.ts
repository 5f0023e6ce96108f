import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core';

/** The part of a drizzle SQLite database that is used; the drivers that answer at once fit as well. */
export type Database = Pick<BaseSQLiteDatabase<'async' | 'sync', unknown>, 'select' | 'insert' | 'update' | 'delete'>;
