export { PrismaCredentialStore } from './credential-store.js';
export { PrismaEphemeralStore } from './ephemeral-store.js';
export type { RawSessions } from './rotation.js';
export type {
  AuthModels,
  CredentialDelegate,
  EphemeralDelegate,
  RawClient,
  SessionDelegate,
  UserDelegate,
} from './schema.js';
export { PrismaSessionStore } from './session-store.js';
export { type PrismaStoresOptions, prismaStores } from './stores.js';
export type { PrismaUser, PrismaUserMapping, UserIdType } from './user-mapping.js';
export { PrismaUserStore } from './user-store.js';
