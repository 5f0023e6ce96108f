import { againAfterDeadlock, isDuplicate, revokeInBatches } from '@acme/nest-auth/adapter';
import { and, type Column, eq, inArray, lte, type SQL, sql } from 'drizzle-orm';
import type { MySqlTable } from 'drizzle-orm/mysql-core';
import type { CredentialStatements } from '../credential-store.js';
import type { EphemeralStatements } from '../ephemeral-store.js';
import { rotationUpdate, type SessionStatements } from '../session-store.js';
import type { Writes } from '../statements.js';
import type { UserStatements } from '../user-store.js';
import type { Database } from './database.js';
import type { CredentialsTable, EphemeralTable, SessionsTable, UsersTable } from './schema.js';

export function userStatements(db: Database, users: UsersTable): UserStatements {
  return {
    dialect: 'mysql',
    exactly: (column, value) => sql`cast(convert(${column} using utf8mb4) as binary) = cast(${value} as binary)`,
    select: () => db.select().from(users).$dynamic(),
    selectValue: (value) => db.select({ value }).from(users).$dynamic(),
    // Drizzle cannot return inserted rows on MariaDB and MySQL.
    insert: async (row) => {
      await db.insert(users).values(row);
      return null;
    },
    update: writesOf(db, users).update,
  };
}

export function credentialStatements(db: Database, credentials: CredentialsTable): CredentialStatements {
  return {
    select: () => db.select().from(credentials).$dynamic(),
    ...writesOf(db, credentials),
  };
}

export function ephemeralStatements(db: Database, values: EphemeralTable): EphemeralStatements {
  const { key, value, expiresAt } = values;
  return {
    selectValue: () => db.select({ value }).from(values).$dynamic(),
    put: (row) => db.insert(values).values(row).onDuplicateKeyUpdate({ set: row }),
    take: async (ofKey, now) => {
      const isKey = eq(key, ofKey);
      return db.transaction(async (tx) => {
        const [found] = await tx.select({ value, expiresAt }).from(values).where(isKey).for('update').$withCache(false);
        if (found) await tx.delete(values).where(isKey);
        return found && found.expiresAt > now ? found : null;
      });
    },
    putIfAbsent: async (row, now) => {
      // An upsert does not report whether it inserted: mysql2's default flags count an unchanged row like a new one.
      await db.delete(values).where(and(eq(key, row.key), lte(expiresAt, now)));
      try {
        await db.insert(values).values(row);
        return 1;
      } catch (error) {
        if (isDuplicate(error)) return 0;
        throw error;
      }
    },
    delete: writesOf(db, values).delete,
  };
}

export function sessionStatements(db: Database, sessions: SessionsTable): SessionStatements {
  const { id, userId, revokedAt } = sessions;
  const find = prepareFind(db, sessions);
  const advance = prepareAdvance(db, sessions);
  return {
    select: () => db.select().from(sessions).$dynamic(),
    selectRevoked: () => db.select({ id, userId, revokedAt }).from(sessions).$dynamic(),
    insert: (row) => db.insert(sessions).values(row),
    find: async (withId) => (await find.execute({ id: withId }))[0],
    advance: async (rotation) => {
      const [{ affectedRows }] = await againAfterDeadlock(() => advance.execute({ ...rotation }));
      return affectedRows;
    },
    update: writesOf(db, sessions).update,
    delete: writesOf(db, sessions).delete,
    revokeFirst: (where, order, limit, now) => {
      const choose = async (most: number) => {
        const chosen = await db
          .select({ id })
          .from(sessions)
          .where(where)
          .orderBy(...order)
          .limit(most)
          .$withCache(false);
        return chosen.map((row) => row.id);
      };
      return revokeInBatches(limit, choose, (ids) => revokeThese(db, sessions, ids, now));
    },
  };
}

function writesOf(db: Database, table: MySqlTable): Writes {
  type Write = () => PromiseLike<readonly [{ readonly affectedRows: number }, ...unknown[]]>;
  const count = async (write: Write) => {
    const [{ affectedRows }] = await againAfterDeadlock(async () => write());
    return affectedRows;
  };
  return {
    insert: (row) => count(() => db.insert(table).values(row)),
    update: (changes, where) => count(() => db.update(table).set(changes).where(where)),
    delete: (where) => count(() => db.delete(table).where(where)),
  };
}

/**
 * Locks rows by primary key only and filters by `revokedAt` afterwards: locking an index that other calls write would
 * deadlock with them.
 */
function revokeThese(
  db: Database,
  sessions: SessionsTable,
  ids: readonly string[],
  now: Date,
): Promise<readonly string[]> {
  const work = () =>
    db.transaction(async (tx) => {
      const locked = await tx
        .select({ id: sessions.id, revokedAt: sessions.revokedAt })
        .from(sessions)
        .where(inArray(sessions.id, [...ids]))
        .for('update')
        .$withCache(false);
      const revoked = locked.filter(({ revokedAt }) => revokedAt === null).map(({ id }) => id);
      if (revoked.length > 0) await tx.update(sessions).set({ revokedAt: now }).where(inArray(sessions.id, revoked));
      return revoked;
    });
  return againAfterDeadlock(work);
}

// Building a query costs more than sending it, so the two that a refresh needs are built once.

function prepareFind(db: Database, sessions: SessionsTable) {
  const isIt = eq(sessions.id, sql.placeholder('id'));
  return db.select().from(sessions).where(isIt).$withCache(false).prepare();
}

function prepareAdvance(db: Database, sessions: SessionsTable) {
  const { set, where } = rotationUpdate(sessions, bound);
  return db.update(sessions).set(set).where(where).prepare();
}

function bound(name: string, column: Column): SQL {
  return sql`${sql.param(sql.placeholder(name), column)}`;
}
