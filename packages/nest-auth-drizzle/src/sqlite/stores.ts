import { credentialStoreOf } from '../credential-store.js';
import { ephemeralStoreOf } from '../ephemeral-store.js';
import { sessionStoreOf } from '../session-store.js';
import { type DrizzleStores, type OwnTables, primaryOf } from '../stores.js';
import { type DrizzleUser, DrizzleUserStore, type UserOptions } from '../user-store.js';
import type { Database } from './database.js';
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
import { credentialStatements, ephemeralStatements, sessionStatements, userStatements } from './statements.js';

/** The app's own tables. */
export interface Tables<Users extends UsersTable = typeof authUsers, Extra = unknown>
  extends OwnTables<UserOptions<Users, Extra>, SessionsTable, EphemeralTable, CredentialsTable> {}

/**
 * Every store, in SQLite through drizzle. With `withReplicas(…)`, only the primary is used. The database's errors pass
 * through, and the library answers 503; a taken login is an `AuthError` `login_taken`.
 *
 * @param db a drizzle database of any SQLite driver, not a transaction
 * @param tables the app's own tables @default the library's
 *
 * @example
 * ```ts
 * AuthModule.forRoot({ ...drizzleStores(drizzle('file:app.db')), secrets });
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
    userStore: new DrizzleUserStore<Users, Extra>(table, mapping, userStatements(primary, table)),
    sessionStore: sessionStoreOf(sessions, sessionStatements(primary, sessions)),
    ephemeralStore: ephemeralStoreOf(ephemeral, ephemeralStatements(primary, ephemeral)),
    credentialStore: credentialStoreOf(credentials, credentialStatements(primary, credentials)),
  };
}
