import { type DrizzleStores, primaryOf } from '../rows.js';
import type { DrizzleUser, UserOptions } from '../user-store.js';
import { pgCredentialStore } from './credential-store.js';
import type { Database } from './database.js';
import { PgEphemeralStore } from './ephemeral-store.js';
import {
  authCredentials,
  authEphemeral,
  authSessions,
  authUsers,
  type CredentialsTable,
  type EphemeralTable,
  type SessionsTable,
  type UsersTable,
} from './schema.js';
import { PgSessionStore } from './session-store.js';
import { pgUserStore } from './user-store.js';

/** The app's own tables. */
export interface Tables<Users extends UsersTable = typeof authUsers, Extra = unknown> {
  /** The app's own users table, and how it is read and written. @default authUsers */
  readonly user?: UserOptions<Users, Extra>;
  /** The sessions table. @default authSessions */
  readonly sessions?: SessionsTable;
  /** The table of short-lived values. @default authEphemeral */
  readonly ephemeral?: EphemeralTable;
  /** The table of further credentials. @default authCredentials */
  readonly credentials?: CredentialsTable;
  /**
   * Whether a refresh uses named statements: with `pg`, PostgreSQL then plans them once and does half the work per
   * rotation. Leave it off behind a pooler that gives each transaction another connection, such as PgBouncer in that
   * mode, unless the pooler tracks named statements (PgBouncer 1.21, `max_prepared_statements`).
   * @default false
   */
  readonly namedStatements?: boolean;
}

/**
 * Every store, in PostgreSQL through drizzle. With `withReplicas(…)`, only the primary is used. The database's errors
 * pass through, and the library answers 503; a taken login is an `AuthError` `login_taken`.
 *
 * @param db a drizzle database of any PostgreSQL driver, not a transaction
 * @param tables the app's own tables @default the library's
 *
 * @example
 * ```ts
 * AuthModule.forRoot({ ...drizzleStores(drizzle(process.env.DATABASE_URL)), secrets });
 * ```
 */
export function drizzleStores<Users extends UsersTable = typeof authUsers, Extra = unknown>(
  db: Database,
  tables: Tables<Users, Extra> = {},
): DrizzleStores<DrizzleUser<Users, Extra>> {
  const { user = {}, sessions = authSessions, ephemeral = authEphemeral, credentials = authCredentials } = tables;
  // Without `user.table`, `Users` is the type of the default table.
  const { table = authUsers as UsersTable as Users, ...mapping } = user;
  const { namedStatements = false } = tables;
  const primary = primaryOf(db);
  return {
    userStore: pgUserStore<Users, Extra>(primary, table, mapping),
    sessionStore: new PgSessionStore(primary, sessions, namedStatements),
    ephemeralStore: new PgEphemeralStore(primary, ephemeral),
    credentialStore: pgCredentialStore(primary, credentials),
  };
}
