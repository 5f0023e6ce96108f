import type { SQL } from 'drizzle-orm';

export type Row = Record<string, unknown>;

/** A SELECT of any dialect, in the form that `$dynamic()` returns. */
export interface Select<R> extends PromiseLike<readonly R[]> {
  where(condition: SQL | undefined): Select<R>;
  orderBy(...order: SQL[]): Select<R>;
  limit(limit: number): Select<R>;
  offset(offset: number): Select<R>;
  $withCache(config: false): Select<R>;
}

/** Writes to one table. Each returns the number of written rows. */
export interface Writes {
  /** 0 or the database's error if a unique index refuses the row. */
  insert(row: Row): Promise<number>;
  update(changes: Row, where: SQL | undefined): Promise<number>;
  delete(where: SQL | undefined): Promise<number>;
}
