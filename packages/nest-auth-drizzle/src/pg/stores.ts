import { type DrizzleStores, type KeepProfile, keepNothing, primaryOf, type UserOf } from '../rows.js';
import type { Database } from './database.js';
import { PgEphemeralStore } from './ephemeral-store.js';
import {
  authEphemeral,
  authSessions,
  authUsers,
  type EphemeralTable,
  type SessionsTable,
  type UsersTable,
} from './schema.js';
import { PgSessionStore } from './session-store.js';
import { PgUserStore } from './user-store.js';

/** Tables of the team's own. */
export interface Tables<Users extends UsersTable = typeof authUsers> {
  /** @default authUsers */
  readonly users?: Users;
  /** @default authSessions */
  readonly sessions?: SessionsTable;
  /** @default authEphemeral */
  readonly ephemeral?: EphemeralTable;
  /**
   * Which fields of a registration (`register.schema`) go into which columns. A name that is no column of the table,
   * and one of the library's own such as `roles`, is dropped.
   * @default none is kept
   */
  readonly profile?: KeepProfile<Users['$inferInsert']>;
  /**
   * Whether the statements of a refresh have names in the connection: with `pg`, PostgreSQL then plans them once, and
   * does half the work per rotation. Not behind a pooler that hands each transaction to another connection, such as
   * PgBouncer in that mode, unless it tracks named statements (PgBouncer 1.21, `max_prepared_statements`).
   * @default false
   */
  readonly namedStatements?: boolean;
}

/**
 * Every store, in PostgreSQL through drizzle. Of `withReplicas(…)` only the primary is used. The database's errors
 * pass through, and the library answers 503; a taken login is an `AuthError` `login_taken`.
 *
 * @param db a drizzle database of any PostgreSQL driver, not a transaction
 * @param tables the team's own tables @default the library's
 *
 * @example
 * ```ts
 * AuthModule.forRoot({ ...drizzleStores(drizzle(process.env.DATABASE_URL)), secrets });
 * ```
 */
export function drizzleStores<Users extends UsersTable = typeof authUsers>(
  db: Database,
  tables: Tables<Users> = {},
): DrizzleStores<UserOf<Users['$inferSelect']>> {
  const { users = authUsers, sessions = authSessions, ephemeral = authEphemeral, profile = keepNothing } = tables;
  const { namedStatements = false } = tables;
  const primary = primaryOf(db);
  return {
    userStore: new PgUserStore<UserOf<Users['$inferSelect']>>(primary, users, profile),
    sessionStore: new PgSessionStore(primary, sessions, namedStatements),
    ephemeralStore: new PgEphemeralStore(primary, ephemeral),
  };
}
