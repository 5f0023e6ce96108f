import type { AuthUser, CredentialStore, EphemeralStore, SessionStore, UserStore } from '@acme/nest-auth';

/** Every store, to spread into the options of `AuthModule`. */
export interface DrizzleStores<TUser extends AuthUser> {
  readonly userStore: UserStore<TUser>;
  readonly sessionStore: SessionStore & Required<Pick<SessionStore, 'revokedSince'>>;
  readonly ephemeralStore: EphemeralStore;
  readonly credentialStore: CredentialStore;
}

/** The app's own tables, in the types of its dialect. */
export interface OwnTables<User, Sessions, Ephemeral, Credentials> {
  /** The app's own users table, and how it is read and written. @default authUsers */
  readonly user?: User;
  /** The sessions table. @default authSessions */
  readonly sessions?: Sessions;
  /** The table of short-lived values. @default authEphemeral */
  readonly ephemeral?: Ephemeral;
  /** The table of further credentials. @default authCredentials */
  readonly credentials?: Credentials;
}

/** The primary of `withReplicas`: a replica may lag behind a write that a read must see. */
export function primaryOf<Db extends object>(db: Db & { readonly $primary?: Db }): Db {
  return db.$primary ?? db;
}
