import type { EphemeralQueries } from '@acme/nest-auth/adapter';
import { and, type Column, eq, gt, lte, type SQL, type Table } from 'drizzle-orm';
import type { EphemeralColumns } from './ephemeral-store.js';
import type { Row, Writes } from './statements.js';

interface Returning extends PromiseLike<unknown> {
  returning(columns?: Readonly<Record<string, Column>>): PromiseLike<readonly Row[]>;
}

interface Insert<Target> extends Returning {
  onConflictDoNothing(): Returning;
  onConflictDoUpdate(conflict: { target: Target; set: Row; setWhere?: SQL }): Returning;
}

/** The common part of the databases of PostgreSQL and SQLite: RETURNING reports what a statement wrote. */
export interface ReturningDatabase<T extends Table> {
  insert(table: T): { values(row: Row): Insert<T['_']['columns'][string]> };
  update(table: T): { set(changes: Row): { where(condition: SQL | undefined): Returning } };
  delete(table: T): { where(condition: SQL | undefined): Returning };
}

/** @param returned the columns to return; any will do to count rows. @default all */
export function returningWrites<T extends Table>(
  db: ReturningDatabase<T>,
  table: T,
  returned?: Readonly<Record<string, Column>>,
): Writes {
  const count = async (statement: Returning) => (await statement.returning(returned)).length;
  return {
    insert: (row) => count(db.insert(table).values(row).onConflictDoNothing()),
    update: (changes, where) => count(db.update(table).set(changes).where(where)),
    delete: (where) => count(db.delete(table).where(where)),
  };
}

export function returningEphemeral<T extends Table>(
  db: ReturningDatabase<T>,
  values: T & EphemeralColumns<T['_']['columns'][string]>,
): Pick<EphemeralQueries, 'put' | 'take' | 'putIfAbsent'> {
  const { key: target, value, expiresAt } = values;
  return {
    put: (row) => db.insert(values).values(row).onConflictDoUpdate({ target, set: row }),
    take: async (key, now) => {
      const isLive = and(eq(target, key), gt(expiresAt, now));
      const [taken] = await db.delete(values).where(isLive).returning({ value });
      return taken && { value: String(taken.value) };
    },
    putIfAbsent: async (row, now) => {
      const conflict = { target, set: row, setWhere: lte(expiresAt, now) };
      const stored = await db.insert(values).values(row).onConflictDoUpdate(conflict).returning({ key: target });
      return stored.length;
    },
  };
}
