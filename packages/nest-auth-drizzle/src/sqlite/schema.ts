import { randomUUID } from 'node:crypto';
import { type BuildColumns, sql } from 'drizzle-orm';
import {
  index,
  integer,
  type SQLiteColumnBuilderBase,
  type SQLiteTable,
  type SQLiteTableWithColumns,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';

// Milliseconds since the epoch, because SQLite has no type for times.
const instant = (name: string) => integer(name, { mode: 'timestamp_ms' });
const list = (name: string) => text(name, { mode: 'json' }).$type<readonly string[]>();

/** The default users table. To use your own, see `UsersTable`. */
export const authUsers = sqliteTable('auth_users', {
  id: text('id').primaryKey().$defaultFn(randomUUID),
  login: text('login').notNull().unique('auth_users_login'),
  passwordHash: text('password_hash'),
  roles: list('roles').notNull(),
  permissions: list('permissions'),
  emailVerifiedAt: instant('email_verified_at'),
  disabledAt: instant('disabled_at'),
  createdAt: instant('created_at')
    .notNull()
    .$defaultFn(() => new Date()),
});

const sessionColumns = {
  id: text('id').primaryKey(),
  // Text without a foreign key, because users' ids may have any type.
  userId: text('user_id').notNull(),
  secretHash: text('secret_hash').notNull(),
  generation: integer('generation').notNull(),
  createdAt: instant('created_at').notNull(),
  rotatedAt: instant('rotated_at').notNull(),
  expiresAt: instant('expires_at').notNull(),
  absoluteExpiresAt: instant('absolute_expires_at').notNull(),
  revokedAt: instant('revoked_at'),
  userAgent: text('user_agent'),
  ip: text('ip'),
  // Separated by commas.
  methods: text('methods').notNull(),
  authenticatedAt: instant('authenticated_at').notNull(),
  remember: integer('remember', { mode: 'boolean' }).notNull(),
  actorId: text('actor_id'),
};

/** One row per device that is logged in. No column that a rotation writes is indexed. */
export const authSessions = sqliteTable('auth_sessions', sessionColumns, (table) => [
  index('auth_sessions_user_id').on(table.userId, table.createdAt, table.id).where(sql`${table.revokedAt} IS NULL`),
  index('auth_sessions_absolute_expires_at').on(table.absoluteExpiresAt),
  index('auth_sessions_revoked_at').on(table.revokedAt).where(sql`${table.revokedAt} IS NOT NULL`),
]);

const ephemeralColumns = {
  key: text('key').primaryKey(),
  value: text('value').notNull(),
  expiresAt: instant('expires_at').notNull(),
};

/** One-time tokens, challenges, states. */
export const authEphemeral = sqliteTable('auth_ephemeral', ephemeralColumns, (table) => [
  index('auth_ephemeral_expires_at').on(table.expiresAt),
]);

const credentialColumns = {
  id: text('id').primaryKey(),
  userId: text('user_id').notNull(),
  kind: text('kind').notNull(),
  key: text('key').notNull(),
  // JSON as text, so that it comes back exactly.
  data: text('data').notNull(),
  version: integer('version').notNull(),
  createdAt: instant('created_at').notNull(),
  lastUsedAt: instant('last_used_at'),
  expiresAt: instant('expires_at'),
};

/** TOTP secrets, recovery codes, passkeys, API keys, linked identities. */
export const authCredentials = sqliteTable('auth_credentials', credentialColumns, (table) => [
  uniqueIndex('auth_credentials_kind_key').on(table.kind, table.key),
  index('auth_credentials_user_id').on(table.userId, table.createdAt, table.id),
]);

/** The app's own users table. It may have any columns; the option `user` maps them. */
export type UsersTable = SQLiteTable;

type TableOf<Columns extends Record<string, SQLiteColumnBuilderBase>> = SQLiteTableWithColumns<{
  name: string;
  schema: string | undefined;
  columns: BuildColumns<string, Columns, 'sqlite'>;
  dialect: 'sqlite';
}>;

/** A table with the columns of `authSessions`, under any name. */
export type SessionsTable = TableOf<typeof sessionColumns>;

/** A table with the columns of `authEphemeral`, under any name. */
export type EphemeralTable = TableOf<typeof ephemeralColumns>;

/** A table with the columns of `authCredentials`, under any name. */
export type CredentialsTable = TableOf<typeof credentialColumns>;
