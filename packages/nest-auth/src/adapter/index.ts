export {
  CREDENTIAL_FIELDS,
  type CredentialChanges,
  type CredentialRow,
  type StoredCredential,
} from './credentials/credential-values.js';
export {
  type CredentialQueries,
  type CredentialSelection,
  TableCredentialStore,
} from './credentials/table-credential-store.js';
export { againAfterDeadlock, isDuplicate } from './database-errors.js';
export { type EphemeralQueries, type EphemeralRow, TableEphemeralStore } from './ephemeral/table-ephemeral-store.js';
export { revokeInBatches } from './sessions/revoke-in-batches.js';
export {
  assertSession,
  countOf,
  methodsOf,
  methodsText,
  SESSION_FIELDS,
  type SessionRow,
} from './sessions/session-values.js';
export { type ReauthenticationRow, type SessionQueries, TableSessionStore } from './sessions/table-session-store.js';
export { type Sql, sql } from './sql.js';
export { isText, isUuid } from './text.js';
export { type Dialect, type LoginSql, loginSql } from './users/login-survey.js';
export { type ResolvedMapping, resolveMapping, type TableShape } from './users/resolve-mapping.js';
export { isSameLogin } from './users/same-login.js';
export { type LoginLookup, TableUserStore, type UserQueries } from './users/table-user-store.js';
export { parseUserId, type UserId, type UserIdColumn } from './users/user-id.js';
export type { MappedUser, Property, Read, UserMapping, WriteProfile } from './users/user-mapping.js';
