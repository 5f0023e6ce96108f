export { againAfterDeadlock, isDuplicate } from './database-errors.js';
export { type Dialect, type LoginSql, loginSql } from './login-survey.js';
export { type ResolvedMapping, resolveMapping, type TableShape } from './resolve-mapping.js';
export { isSameLogin } from './same-login.js';
export { assertSession, countOf } from './session-values.js';
export { type LoginLookup, TableUserStore, type UserQueries } from './table-user-store.js';
export { isText, isUuid } from './text.js';
export { parseUserId, type UserId, type UserIdColumn } from './user-id.js';
export type { MappedUser, Property, Read, UserMapping, WriteProfile } from './user-mapping.js';
