import type { MySql2Database } from 'drizzle-orm/mysql2';

type Statements = Pick<MySql2Database, 'select' | 'insert' | 'update' | 'delete'>;

/** The part of a drizzle database of `mysql2` that is used. */
export interface Database extends Statements {
  transaction<T>(run: (tx: Statements) => Promise<T>): Promise<T>;
}
