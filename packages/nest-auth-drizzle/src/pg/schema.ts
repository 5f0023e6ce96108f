import { type BuildColumns, sql } from 'drizzle-orm';
import {
  boolean,
  index,
  integer,
  jsonb,
  type PgColumnBuilderBase,
  type PgTable,
  type PgTableWithColumns,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';

const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/** The default users table. To use your own, see `UsersTable`. */
export const authUsers = pgTable('auth_users', {
  id: uuid('id').primaryKey().defaultRandom(),
  login: text('login').notNull().unique('auth_users_login'),
  passwordHash: text('password_hash'),
  roles: jsonb('roles').$type<readonly string[]>().notNull(),
  permissions: jsonb('permissions').$type<readonly string[]>(),
  emailVerifiedAt: instant('email_verified_at'),
  disabledAt: instant('disabled_at'),
  createdAt: instant('created_at').notNull().defaultNow(),
});

const sessionColumns = {
  id: uuid('id').primaryKey(),
  // Text without a foreign key, because users' ids may have any type.
  userId: varchar('user_id', { length: 64 }).notNull(),
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
  remember: boolean('remember').notNull(),
  actorId: varchar('actor_id', { length: 64 }),
};

/**
 * One row per device that is logged in. No column that a rotation writes is indexed, so that PostgreSQL can update
 * in place (HOT); `migrations/postgres.sql` leaves room for that with a fillfactor, which drizzle cannot express.
 */
export const authSessions = pgTable('auth_sessions', sessionColumns, (table) => [
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
export const authEphemeral = pgTable('auth_ephemeral', ephemeralColumns, (table) => [
  index('auth_ephemeral_expires_at').on(table.expiresAt),
]);

const credentialColumns = {
  id: uuid('id').primaryKey(),
  userId: varchar('user_id', { length: 255 }).notNull(),
  kind: varchar('kind', { length: 32 }).notNull(),
  key: varchar('key', { length: 512 }).notNull(),
  // JSON as text, so that it comes back exactly.
  data: text('data').notNull(),
  version: integer('version').notNull(),
  createdAt: instant('created_at').notNull(),
  lastUsedAt: instant('last_used_at'),
  expiresAt: instant('expires_at'),
};

/** TOTP secrets, recovery codes, passkeys, API keys, linked identities. */
export const authCredentials = pgTable('auth_credentials', credentialColumns, (table) => [
  uniqueIndex('auth_credentials_kind_key').on(table.kind, table.key),
  index('auth_credentials_user_id').on(table.userId, table.createdAt, table.id),
]);

/** The app's own users table. It may have any columns; the option `user` maps them. */
export type UsersTable = PgTable;

type TableOf<Columns extends Record<string, PgColumnBuilderBase>> = PgTableWithColumns<{
  name: string;
  schema: string | undefined;
  columns: BuildColumns<string, Columns, 'pg'>;
  dialect: 'pg';
}>;

/** A table with the columns of `authSessions`, under any name and in any schema. */
export type SessionsTable = TableOf<typeof sessionColumns>;

/** A table with the columns of `authEphemeral`, under any name and in any schema. */
export type EphemeralTable = TableOf<typeof ephemeralColumns>;

/** A table with the columns of `authCredentials`, under any name and in any schema. */
export type CredentialsTable = TableOf<typeof credentialColumns>;
