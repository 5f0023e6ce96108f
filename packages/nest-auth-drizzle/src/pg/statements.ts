import { createHash } from 'node:crypto';
import { type Column, count, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { CredentialStatements } from '../credential-store.js';
import type { EphemeralStatements } from '../ephemeral-store.js';
import { returningEphemeral, returningWrites } from '../returning.js';
import { rotationUpdate, type SessionStatements } from '../session-store.js';
import type { Writes } from '../statements.js';
import type { UserStatements } from '../user-store.js';
import type { Database } from './database.js';
import type { CredentialsTable, EphemeralTable, SessionsTable, UsersTable } from './schema.js';

export function userStatements(db: Database, users: UsersTable): UserStatements {
  return {
    dialect: 'postgres',
    exactly: (column, value) => sql`${column}::text collate "C" = ${value}`,
    select: () => db.select().from(users).$dynamic(),
    selectValue: (value) => db.select({ value }).from(users).$dynamic(),
    insert: async (row) => (await db.insert(users).values(row).returning())[0] ?? null,
    update: returningWrites(db, users).update,
  };
}

export function credentialStatements(db: Database, credentials: CredentialsTable): CredentialStatements {
  const { id } = credentials;
  return {
    select: () => db.select().from(credentials).$dynamic(),
    ...returningWrites(db, credentials, { id }),
  };
}

export function ephemeralStatements(db: Database, values: EphemeralTable): EphemeralStatements {
  const { key, value } = values;
  return {
    selectValue: () => db.select({ value }).from(values).$dynamic(),
    ...returningEphemeral(db, values),
    delete: countedDelete(db, values, key),
  };
}

/** @param isNamed whether a refresh uses named statements */
export function sessionStatements(db: Database, sessions: SessionsTable, isNamed: boolean): SessionStatements {
  const { id, userId, revokedAt } = sessions;
  const find = prepareFind(db, sessions, isNamed);
  const advance = prepareAdvance(db, sessions, isNamed);
  return {
    select: () => db.select().from(sessions).$dynamic(),
    selectRevoked: () => db.select({ id, userId, revokedAt }).from(sessions).$dynamic(),
    insert: (row) => db.insert(sessions).values(row),
    find: async (withId) => (await find.execute({ id: withId }))[0],
    advance: async (rotation) => (await advance.execute({ ...rotation }))[0],
    update: returningWrites(db, sessions, { id }).update,
    delete: countedDelete(db, sessions, id),
    revokeFirst: async (where, order, limit, now) => {
      // All callers lock in this order, so that they cannot deadlock. If another caller has just revoked a row,
      // PostgreSQL skips it and takes the next one, so fewer than `limit` rows mean that none is left.
      const chosen = db.$with('chosen').as(
        db
          .select({ id })
          .from(sessions)
          .where(where)
          .orderBy(...order)
          .limit(limit)
          .for('update'),
      );
      const revoked = await db
        .with(chosen)
        .update(sessions)
        .set({ revokedAt: now })
        .where(inArray(id, db.select({ id: chosen.id }).from(chosen)))
        .returning({ id });
      return revoked.map((row) => row.id);
    },
  };
}

/** Counted by the database: a housekeeping run may delete more rows than a process wants to hold. */
function countedDelete(db: Database, table: PgTable, key: PgColumn): Writes['delete'] {
  return async (where) => {
    const deleted = db.$with('deleted').as(db.delete(table).where(where).returning({ key }));
    const [row] = await db.with(deleted).select({ count: count() }).from(deleted).$withCache(false);
    return row?.count ?? 0;
  };
}

// Building a query costs more than sending it, so the two that a refresh needs are built once.

function prepareFind(db: Database, sessions: SessionsTable, isNamed: boolean) {
  const query = db
    .select()
    .from(sessions)
    .where(eq(sessions.id, bound('id', sessions.id)))
    .$withCache(false);
  return query.prepare(isNamed ? nameOf(query) : UNNAMED);
}

function prepareAdvance(db: Database, sessions: SessionsTable, isNamed: boolean) {
  const { set, where } = rotationUpdate(sessions, bound);
  const query = db.update(sessions).set(set).where(where).returning();
  return query.prepare(isNamed ? nameOf(query) : UNNAMED);
}

/**
 * A placeholder. The SQL states its type, because some drivers, such as the Data API's, need a type and get none
 * otherwise. The type has no precision, which PostgreSQL would apply at each call.
 */
function bound(name: string, column: Column): SQL {
  const type = column.getSQLType().replace(/ ?\(\d+\)/, '');
  return sql`cast(${sql.param(sql.placeholder(name), column)} as ${sql.raw(type)})`;
}

/** An unnamed statement leaves nothing in the connection, which a pooler may give to another client. */
const UNNAMED = '';

/** A name made from the text, because a connection accepts each name for one text only. */
function nameOf(query: { toSQL(): { readonly sql: string } }): string {
  return `nest_auth_${createHash('sha256').update(query.toSQL().sql).digest('base64url')}`;
}
