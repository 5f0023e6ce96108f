export { PrismaEphemeralStore } from './ephemeral-store.js';
export type { RawSessions } from './rotation.js';
export type { AuthModels, EphemeralDelegate, RawClient, SessionDelegate, UserDelegate } from './schema.js';
export { PrismaSessionStore } from './session-store.js';
export { type PrismaStoresOptions, prismaStores } from './stores.js';
export type { UserIdType } from './user-id.js';
export { type PrismaUserOptions, PrismaUserStore, type UserField } from './user-store.js';
