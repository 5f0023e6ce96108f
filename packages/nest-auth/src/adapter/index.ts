export {
  CREDENTIAL_FIELDS,
  type CredentialChanges,
  type CredentialRow,
  type StoredCredential,
} from './credential-values.js';
export { againAfterDeadlock, isDuplicate } from './database-errors.js';
export { type Dialect, type LoginSql, loginSql } from './login-survey.js';
export { type ResolvedMapping, resolveMapping, type TableShape } from './resolve-mapping.js';
export { revokeInBatches } from './revoke-in-batches.js';
export { isSameLogin } from './same-login.js';
export { assertSession, countOf, methodsOf, methodsText, SESSION_FIELDS, type SessionRow } from './session-values.js';
export { type Sql, sql } from './sql.js';
export { type CredentialQueries, type CredentialSelection, TableCredentialStore } from './table-credential-store.js';
export { type EphemeralQueries, type EphemeralRow, TableEphemeralStore } from './table-ephemeral-store.js';
export { type SessionQueries, TableSessionStore } from './table-session-store.js';
export { type LoginLookup, TableUserStore, type UserQueries } from './table-user-store.js';
export { isText, isUuid } from './text.js';
export { parseUserId, type UserId, type UserIdColumn } from './user-id.js';
export type { MappedUser, Property, Read, UserMapping, WriteProfile } from './user-mapping.js';
