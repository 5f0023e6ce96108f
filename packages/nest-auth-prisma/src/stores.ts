import type { UserStore } from '@acme/nest-auth';
import { PrismaCredentialStore } from './credential-store.js';
import { PrismaEphemeralStore } from './ephemeral-store.js';
import { type RawSessions, rawRotation } from './rotation.js';
import type { AuthModels } from './schema.js';
import { PrismaSessionStore } from './session-store.js';
import type { PrismaUser, PrismaUserMapping } from './user-mapping.js';
import { PrismaUserStore } from './user-store.js';

export interface PrismaStoresOptions<Row extends object = object, Extra = unknown> {
  /** How the app's own users model is read and written. @default the model `AuthUser` of auth.prisma */
  readonly user?: PrismaUserMapping<Row, Extra>;
  /**
   * Rotates by one constant SQL statement, at half the cost. Needs a sessions table with the columns of auth.prisma.
   * @default through the model, like all other statements
   */
  readonly rawSessions?: RawSessions;
}

/**
 * Every store on one Prisma client (PostgreSQL), to spread into the options of `AuthModule`. Pass a client that has the
 * models of auth.prisma itself; pass models of other names one by one. Methods throw Prisma's own errors, except for
 * `login_taken`.
 *
 * @example
 * ```ts
 * prismaStores(prisma, { rawSessions: { client: prisma } });
 *
 * const { account: authUser, authSession, authEphemeral, authCredential } = prisma;
 * prismaStores({ authUser, authSession, authEphemeral, authCredential }, { user: { idType: 'number', login: 'email' } });
 * ```
 */
export function prismaStores<Row extends object, Extra = unknown>(
  client: AuthModels<Row>,
  options: PrismaStoresOptions<Row, Extra> = {},
): {
  readonly userStore: UserStore<PrismaUser<Row, Extra>>;
  readonly sessionStore: PrismaSessionStore;
  readonly ephemeralStore: PrismaEphemeralStore;
  /** Present if the client has the model `AuthCredential`. */
  readonly credentialStore?: PrismaCredentialStore;
} {
  const { user, rawSessions } = options;
  const { authCredential } = client;
  return {
    userStore: new PrismaUserStore(client.authUser, user),
    sessionStore: new PrismaSessionStore(client.authSession, rawSessions && rawRotation(rawSessions)),
    ephemeralStore: new PrismaEphemeralStore(client.authEphemeral),
    ...(authCredential && { credentialStore: new PrismaCredentialStore(authCredential) }),
  };
}
