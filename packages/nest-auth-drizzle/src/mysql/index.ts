export type { DrizzleStores, KeepProfile, ReservedColumn, UserOf, UserRow } from '../rows.js';
export type { Database } from './database.js';
export {
  authEphemeral,
  authSessions,
  authUsers,
  type EphemeralTable,
  type SessionsTable,
  type UsersTable,
} from './schema.js';
export { drizzleStores, type Tables } from './stores.js';
