import type {
  AuthUser,
  CredentialStore,
  EphemeralStore,
  Rotation,
  SessionRecord,
  SessionStore,
  UserStore,
} from '@acme/nest-auth';
import { assertSession, isText, isUuid, methodsOf, methodsText } from '@acme/nest-auth/adapter';

export {
  againAfterDeadlock,
  countOf,
  isDuplicate as isUniqueViolation,
  isText,
  isUuid,
  revokeInBatches,
} from '@acme/nest-auth/adapter';

/** Every store, to spread into the options of `AuthModule`. */
export interface DrizzleStores<TUser extends AuthUser> {
  readonly userStore: UserStore<TUser>;
  readonly sessionStore: SessionStore & Required<Pick<SessionStore, 'revokedSince'>>;
  readonly ephemeralStore: EphemeralStore;
  readonly credentialStore: CredentialStore;
}

/** The primary of `withReplicas`: a replica may lag behind a write that a read must see. */
export function primaryOf<Db extends object>(db: Db & { readonly $primary?: Db }): Db {
  return db.$primary ?? db;
}

/** Whether a row can have this generation. A number beyond 32 bits would be a database error, not a mismatch. */
export function isGeneration(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31 - 1;
}

/**
 * Checks what a driver would not: mysql2, for example, writes an object into the SQL as `key = value`.
 * @throws TypeError for an invalid time: drizzle would silently skip a column that is set to `undefined`
 */
export function isRotation({ id, secretHash, fromGeneration, now, expiresAt }: Rotation): boolean {
  if (!(now instanceof Date && expiresAt instanceof Date)) throw new TypeError('A time of the rotation is not a Date.');
  return isUuid(id) && isText(secretHash) && isGeneration(fromGeneration);
}

/** A session as its table has it. */
export type SessionRow = Omit<SessionRecord, 'methods'> & { readonly methods: string };

/** @throws TypeError unless each field of the session has its type */
export function rowOf(session: SessionRecord): SessionRow {
  return { ...assertSession(session), methods: methodsText(session.methods) };
}

export function sessionOf(row: SessionRow): SessionRecord {
  return { ...row, methods: methodsOf(row.methods) };
}

/** MariaDB has no JSON type: its driver returns text. */
export function toList(value: unknown): readonly string[] {
  const list: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  if (!Array.isArray(list)) throw new TypeError('The column of roles or permissions does not hold a list.');
  return list.map(String);
}

/** The row of a short-lived value. */
export function newEntry(key: string, value: string, ttl: number): { key: string; value: string; expiresAt: Date } {
  if (typeof key !== 'string' || typeof value !== 'string' || !Number.isFinite(ttl))
    throw new TypeError('The key or the value is not a string, or the lifetime is not a number.');
  return { key, value, expiresAt: new Date(Date.now() + ttl * 1000) };
}
