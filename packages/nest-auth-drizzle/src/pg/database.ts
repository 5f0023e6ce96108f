import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** The part of a drizzle PostgreSQL database that is used; every driver's fits. */
export type Database = Pick<PgDatabase<PgQueryResultHKT>, 'select' | 'insert' | 'update' | 'delete' | '$with' | 'with'>;
