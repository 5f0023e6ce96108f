import {
  AuthError,
  type AuthUser,
  type EphemeralStore,
  type NewUser,
  type Rotation,
  type SessionRecord,
  type SessionStore,
  type UserStore,
} from '@acme/nest-auth';
import type { Column } from 'drizzle-orm';

/** What the library reads of a row of the users table. A table whose rows do not fit is refused by the compiler. */
export interface UserRow {
  readonly id: string | number | bigint;
  readonly login: string;
  readonly passwordHash: string | null;
  readonly roles: readonly string[];
  readonly permissions?: readonly string[] | null;
  readonly emailVerifiedAt?: Date | null;
  readonly disabledAt?: Date | null;
}

/** A users table's row as the library hands it on: the id a string, the team's own columns as they are. */
export type UserOf<Row> = AuthUser & Omit<Row, keyof AuthUser>;

/** The columns that a registration's `profile` can never set. */
export type ReservedColumn =
  | 'id'
  | 'login'
  | 'passwordHash'
  | 'roles'
  | 'permissions'
  | 'emailVerifiedAt'
  | 'disabledAt'
  | 'createdAt';

/** Which fields of a registration are kept, by name; whatever is not answered with is dropped. */
export type KeepProfile<Insert> = (profile: NewUser['profile']) => Partial<Omit<Insert, ReservedColumn>>;

/** The three stores, to spread into the options of `AuthModule`. */
export interface DrizzleStores<TUser extends AuthUser> {
  readonly userStore: UserStore<TUser>;
  readonly sessionStore: SessionStore & Required<Pick<SessionStore, 'revokedSince'>>;
  readonly ephemeralStore: EphemeralStore;
}

export const keepNothing = (): object => ({});

/** A replica may lag behind the write that a read has to see: of `withReplicas` only the primary is asked. */
export function primaryOf<Db extends object>(db: Db & { readonly $primary?: Db }): Db {
  return db.$primary ?? db;
}

/** No database can hold a NUL in text, so what contains one is not there, rather than an error. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0');
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** Whether a row can be at this generation; what lies beyond a 32-bit column would be an error, not a mismatch. */
export function isGeneration(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31 - 1;
}

/** What a driver cannot be trusted with: mysql2, for one, writes an object into the SQL as `key = value`. */
export function isRotation({ id, secretHash, fromGeneration }: Rotation): boolean {
  return isUuid(id) && isText(secretHash) && isGeneration(fromGeneration);
}

/** @throws TypeError unless each field has its type */
export function assertSession(session: SessionRecord): SessionRecord {
  const { id, userId, secretHash, generation, userAgent, ip, revokedAt, ...rest } = session;
  const times = [rest.createdAt, rest.rotatedAt, rest.expiresAt, rest.absoluteExpiresAt, revokedAt ?? rest.createdAt];
  const isValid =
    isUuid(id) &&
    [userId, secretHash, userAgent ?? '', ip ?? ''].every(isText) &&
    isGeneration(generation) &&
    times.every((time) => time instanceof Date);
  if (!isValid) throw new TypeError('A field of the session has the wrong type.');
  return session;
}

/** @throws TypeError unless it is a whole number, 0 or more: PostgreSQL takes `LIMIT NULL` for "all". */
export function countOf(count: number): number {
  if (!Number.isInteger(count) || count < 0) throw new TypeError('A limit or an offset is not a whole number.');
  return count;
}

const INTEGER = /^(?:0|-?[1-9]\d{0,18})$/;
const BITS: Readonly<Record<string, number>> = { PgSmallInt: 16, PgSmallSerial: 16, PgInteger: 32, PgSerial: 32 };

/** A user's id as a value of its column; `null` when no row can have it. */
export function idFor(column: Column, id: unknown): string | number | bigint | null {
  if (!isText(id)) return null;
  if (column.dataType !== 'number' && column.dataType !== 'bigint') {
    return column.columnType === 'PgUUID' && !UUID.test(id) ? null : id;
  }
  if (!INTEGER.test(id)) return null;
  const value = BigInt(id);
  if (BigInt.asIntN(BITS[column.columnType] ?? 64, value) !== value) return null;
  if (column.dataType === 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : null;
}

export function toUser<TUser extends AuthUser>(row: Readonly<Record<string, unknown>>): TUser {
  const { id, roles, permissions } = row;
  const user: object = {
    ...row,
    id: String(id),
    roles: toList(roles),
    permissions: permissions ? toList(permissions) : undefined,
  };
  // The compiler has checked the table against `UserRow`.
  return user as TUser;
}

/** MariaDB has no JSON type: its driver hands the text over. */
export function toList(value: unknown): readonly string[] {
  const list: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  if (!Array.isArray(list)) throw new TypeError('The column of roles or permissions does not hold a list.');
  return list.map(String);
}

const RESERVED: ReadonlySet<string> = new Set<ReservedColumn>([
  'id',
  'login',
  'passwordHash',
  'roles',
  'permissions',
  'emailVerifiedAt',
  'disabledAt',
  'createdAt',
]);

/** The row of a new user: of the profile only columns that exist and that are not the library's. */
export function newUserRow(user: NewUser, profile: object, columns: object): Record<string, unknown> {
  const { login, passwordHash, roles } = user;
  if (!isText(login)) throw new AuthError('invalid_request');
  const kept = Object.entries(profile).filter(([name]) => Object.hasOwn(columns, name) && !RESERVED.has(name));
  return { ...Object.fromEntries(kept), login, passwordHash, roles: [...roles] };
}

/** The row of a short-lived value. */
export function newEntry(key: string, value: string, ttl: number): { key: string; value: string; expiresAt: Date } {
  if (typeof key !== 'string' || typeof value !== 'string' || !Number.isFinite(ttl))
    throw new TypeError('The key or the value is not a string, or the lifetime is not a number.');
  return { key, value, expiresAt: new Date(Date.now() + ttl * 1000) };
}

/** PostgreSQL, MariaDB and MySQL have a code for it; SQLite's drivers agree on the message only. */
export function isUniqueViolation(error: unknown): boolean {
  // Drizzle wraps the driver's error, and some drivers wrap the database's.
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { readonly code?: unknown };
    if (code === '23505' || code === 'ER_DUP_ENTRY' || cause.message.includes('UNIQUE constraint failed')) return true;
  }
  return false;
}
