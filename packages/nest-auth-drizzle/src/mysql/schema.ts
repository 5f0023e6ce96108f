import { randomUUID } from 'node:crypto';
import type { BuildColumns } from 'drizzle-orm';
import {
  boolean,
  customType,
  datetime,
  index,
  int,
  type MySqlColumnBuilderBase,
  type MySqlTable,
  type MySqlTableWithColumns,
  mysqlTable,
  text,
  uniqueIndex,
  varbinary,
} from 'drizzle-orm/mysql-core';

// Drizzle writes and reads UTC, independent of the connection's time zone.
const instant = (name: string) => datetime(name, { fsp: 3 });

/** Compared exactly: under the usual collations `josé` finds the account of `jose`. Drizzle cannot set a collation. */
const exactText = (name: string, length: number) =>
  customType<{ data: string }>({
    dataType: () => `varchar(${length}) character set utf8mb4 collate utf8mb4_bin`,
  })(name);

/** MariaDB's JSON is text, so drizzle's own type would return a string. */
const list = customType<{ data: readonly string[] }>({
  dataType: () => 'json',
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (value) => {
    const list: unknown = typeof value === 'string' ? JSON.parse(value) : value;
    if (!Array.isArray(list)) throw new TypeError('The column of roles or permissions does not hold a list.');
    return list.map(String);
  },
});

/** The default users table. To use your own, see `UsersTable`. */
export const authUsers = mysqlTable('auth_users', {
  id: exactText('id', 36).primaryKey().$defaultFn(randomUUID),
  login: exactText('login', 255).notNull().unique('auth_users_login'),
  passwordHash: exactText('password_hash', 512),
  roles: list('roles').notNull(),
  permissions: list('permissions'),
  emailVerifiedAt: instant('email_verified_at'),
  disabledAt: instant('disabled_at'),
  createdAt: instant('created_at')
    .notNull()
    .$defaultFn(() => new Date()),
});

const sessionColumns = {
  id: exactText('id', 36).primaryKey(),
  // Text without a foreign key, because users' ids may have any type.
  userId: exactText('user_id', 64).notNull(),
  secretHash: exactText('secret_hash', 64).notNull(),
  generation: int('generation').notNull(),
  createdAt: instant('created_at').notNull(),
  rotatedAt: instant('rotated_at').notNull(),
  expiresAt: instant('expires_at').notNull(),
  absoluteExpiresAt: instant('absolute_expires_at').notNull(),
  revokedAt: instant('revoked_at'),
  userAgent: text('user_agent'),
  ip: exactText('ip', 64),
  // Separated by commas.
  methods: exactText('methods', 263).notNull(),
  authenticatedAt: instant('authenticated_at').notNull(),
  remember: boolean('remember').notNull(),
  actorId: exactText('actor_id', 64),
};

/** One row per device that is logged in. No column that a rotation writes is indexed. */
export const authSessions = mysqlTable('auth_sessions', sessionColumns, (table) => [
  index('auth_sessions_user_id').on(table.userId, table.revokedAt, table.createdAt, table.id),
  index('auth_sessions_absolute_expires_at').on(table.absoluteExpiresAt),
  index('auth_sessions_revoked_at').on(table.revokedAt),
]);

const ephemeralColumns = {
  // Bytes: a collation would treat `key ` and `key` as equal.
  key: varbinary('key', { length: 255 }).primaryKey(),
  value: text('value').notNull(),
  expiresAt: instant('expires_at').notNull(),
};

/** One-time tokens, challenges, states. */
export const authEphemeral = mysqlTable('auth_ephemeral', ephemeralColumns, (table) => [
  index('auth_ephemeral_expires_at').on(table.expiresAt),
]);

/** Bytes: a collation would treat `key ` and `key` as equal. A character takes up to 3, or counts as two. */
const bytes = (name: string, characters: number) =>
  customType<{ data: string; driverData: Buffer | string }>({
    dataType: () => `varbinary(${3 * characters})`,
    toDriver: (value) => Buffer.from(value),
    fromDriver: String,
  })(name);

const credentialColumns = {
  id: exactText('id', 36).primaryKey(),
  userId: exactText('user_id', 255).notNull(),
  kind: exactText('kind', 32).notNull(),
  key: bytes('key', 512).notNull(),
  // JSON as text, so that it comes back exactly.
  data: customType<{ data: string }>({ dataType: () => 'text character set utf8mb4 collate utf8mb4_bin' })(
    'data',
  ).notNull(),
  version: int('version').notNull(),
  createdAt: instant('created_at').notNull(),
  lastUsedAt: instant('last_used_at'),
  expiresAt: instant('expires_at'),
};

/** TOTP secrets, recovery codes, passkeys, API keys, linked identities. */
export const authCredentials = mysqlTable('auth_credentials', credentialColumns, (table) => [
  uniqueIndex('auth_credentials_kind_key').on(table.kind, table.key),
  index('auth_credentials_user_id').on(table.userId, table.createdAt, table.id),
]);

/** The app's own users table. It may have any columns; the option `user` maps them. */
export type UsersTable = MySqlTable;

type TableOf<Columns extends Record<string, MySqlColumnBuilderBase>> = MySqlTableWithColumns<{
  name: string;
  schema: string | undefined;
  columns: BuildColumns<string, Columns, 'mysql'>;
  dialect: 'mysql';
}>;

/** A table with the columns of `authSessions`, under any name and in any schema. */
export type SessionsTable = TableOf<typeof sessionColumns>;

/** A table with the columns of `authEphemeral`, under any name and in any schema. */
export type EphemeralTable = TableOf<typeof ephemeralColumns>;

/** A table with the columns of `authCredentials`, under any name and in any schema. */
export type CredentialsTable = TableOf<typeof credentialColumns>;
