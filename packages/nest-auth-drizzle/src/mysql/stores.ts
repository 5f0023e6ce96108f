import { type DrizzleStores, primaryOf } from '../rows.js';
import type { DrizzleUser, UserOptions } from '../user-store.js';
import { mysqlCredentialStore } from './credential-store.js';
import type { Database } from './database.js';
import { MySqlEphemeralStore } from './ephemeral-store.js';
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
import { MySqlSessionStore } from './session-store.js';
import { mysqlUserStore } from './user-store.js';

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
}

/**
 * Every store, in MariaDB or MySQL, through drizzle. With `withReplicas(…)`, only the primary is used. The database's
 * errors pass through, and the library answers 503; a taken login is an `AuthError` `login_taken`.
 *
 * @param db a drizzle database of `mysql2`, not a transaction
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
  const primary = primaryOf(db);
  return {
    userStore: mysqlUserStore<Users, Extra>(primary, table, mapping),
    sessionStore: new MySqlSessionStore(primary, sessions),
    ephemeralStore: new MySqlEphemeralStore(primary, ephemeral),
    credentialStore: mysqlCredentialStore(primary, credentials),
  };
}
