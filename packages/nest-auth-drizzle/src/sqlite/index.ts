export type { DrizzleStores } from '../stores.js';
export type { DrizzleUser, UserOptions } from '../user-store.js';
export type { Database } from './database.js';
export {
  authCredentials,
  authEphemeral,
  authSessions,
  authUsers,
  type CredentialsTable,
  type EphemeralTable,
  type SessionsTable,
  type UsersTable,
} from './schema.js';
export { drizzleStores, type Tables } from './stores.js';
