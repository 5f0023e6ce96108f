export { TypeOrmCredentialStore } from './credential-store.js';
export { TypeOrmEphemeralStore } from './ephemeral-store.js';
export {
  AuthCredentialEntity,
  AuthEphemeralEntity,
  AuthSessionEntity,
  AuthUserEntity,
  authEntities,
} from './schema.js';
export { TypeOrmSessionStore } from './session-store.js';
export { type TypeOrmStores, type TypeOrmStoresOptions, typeOrmStores } from './stores.js';
export type { TypeOrmUser, UserMapping } from './user-mapping.js';
export { TypeOrmUserStore } from './user-store.js';
