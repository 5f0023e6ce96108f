import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** The part of a drizzle PostgreSQL database that is used. The databases of all drivers fit. */
export type Database = Pick<PgDatabase<PgQueryResultHKT>, 'select' | 'insert' | 'update' | 'delete' | '$with' | 'with'>;
