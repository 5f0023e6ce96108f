import { eq, inArray, sql } from 'drizzle-orm';
import type { CredentialStatements } from '../credential-store.js';
import type { EphemeralStatements } from '../ephemeral-store.js';
import { returningEphemeral, returningWrites } from '../returning.js';
import { rotationUpdate, type SessionStatements } from '../session-store.js';
import type { UserStatements } from '../user-store.js';
import type { Database } from './database.js';
import type { CredentialsTable, EphemeralTable, SessionsTable, UsersTable } from './schema.js';

export function userStatements(db: Database, users: UsersTable): UserStatements {
  return {
    dialect: 'sqlite',
    exactly: (column, value) => sql`${column} = ${value} collate binary`,
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
    delete: returningWrites(db, values, { key }).delete,
  };
}

export function sessionStatements(db: Database, sessions: SessionsTable): SessionStatements {
  const { id, userId, revokedAt } = sessions;
  const select = () => db.select().from(sessions).$dynamic();
  return {
    select,
    selectRevoked: () => db.select({ id, userId, revokedAt }).from(sessions).$dynamic(),
    insert: async (row) => db.insert(sessions).values(row),
    find: async (withId) => (await select().where(eq(id, withId)).$withCache(false))[0],
    advance: async (rotation) => {
      const { fromGeneration, now, expiresAt } = rotation;
      const { where } = rotationUpdate(sessions, (value, column) => sql`${sql.param(rotation[value], column)}`);
      const set = { generation: fromGeneration + 1, rotatedAt: now, expiresAt };
      const [advanced] = await db.update(sessions).set(set).where(where).returning();
      return advanced;
    },
    update: returningWrites(db, sessions, { id }).update,
    // Each driver names the row count differently, so the deleted rows are returned and counted.
    delete: returningWrites(db, sessions, { id }).delete,
    revokeFirst: async (where, order, limit, now) => {
      const chosen = db
        .select({ id })
        .from(sessions)
        .where(where)
        .orderBy(...order)
        .limit(limit);
      const revoked = await db.update(sessions).set({ revokedAt: now }).where(inArray(id, chosen)).returning({ id });
      return revoked.map((row) => row.id);
    },
  };
}
