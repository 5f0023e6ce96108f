import { AuthError } from '@acme/nest-auth';
import { type DataSource, EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';

export type DatabaseType = DataSource['options']['type'];
export type Family = 'postgres' | 'mysql' | 'sqlite';

const FAMILIES: Partial<Record<DatabaseType, Family>> = {
  postgres: 'postgres',
  mariadb: 'mysql',
  mysql: 'mysql',
  sqljs: 'sqlite',
  'better-sqlite3': 'sqlite',
};

/** A row of `auth_users`, the users table for apps that have none yet. */
export class AuthUserEntity {
  id!: string;
  login!: string;
  passwordHash!: string | null;
  roles!: string[];
  permissions!: string[] | null;
  emailVerifiedAt!: Date | null;
  disabledAt!: Date | null;
  createdAt!: Date;
}

/** A row of `auth_sessions`, the session store's own table. */
export class AuthSessionEntity {
  id!: string;
  userId!: string;
  secretHash!: string;
  generation!: number;
  createdAt!: Date;
  rotatedAt!: Date;
  expiresAt!: Date;
  absoluteExpiresAt!: Date;
  revokedAt!: Date | null;
  userAgent!: string | null;
  ip!: string | null;
  /** Separated by commas. */
  methods!: string;
  authenticatedAt!: Date;
  remember!: boolean;
  actorId!: string | null;
}

/** A row of `auth_ephemeral`, the ephemeral store's own table. */
export class AuthEphemeralEntity {
  key!: string;
  value!: string;
  expiresAt!: Date;
}

/** A row of `auth_credentials`, the credential store's own table. */
export class AuthCredentialEntity {
  id!: string;
  userId!: string;
  kind!: string;
  key!: string;
  /** JSON as text, so that it comes back exactly. */
  data!: string;
  version!: number;
  createdAt!: Date;
  lastUsedAt!: Date | null;
  expiresAt!: Date | null;
}

/** @throws AuthError `invalid_configuration` for a database that the stores do not support */
export function familyOf(type: DatabaseType): Family {
  const family = FAMILIES[type];
  if (family) return family;
  throw new AuthError('invalid_configuration', {
    message: `nest-auth-typeorm: '${type}' is not supported; use one of ${Object.keys(FAMILIES).join(', ')}.`,
  });
}

/**
 * The entities to list in the DataSource. They have no decorators, so they need no metadata reflection.
 *
 * @param type the DataSource's `type`: each database has its own column types
 * @param options.users `false` when the app has its own user entity. @default true
 * @throws AuthError `invalid_configuration` for a database that is not supported
 * @example
 * ```ts
 * new DataSource({ type: 'postgres', url, entities: [...authEntities('postgres')] });
 * ```
 */
export function authEntities(
  type: DatabaseType,
  { users = true }: { readonly users?: boolean } = {},
): readonly EntitySchema<unknown>[] {
  const types = TYPES[familyOf(type)];
  const { id, text, time, json, short, key, now } = types;
  const nullable = true;
  // MySQL takes an expression for a default only in parentheses; MariaDB reports it without them.
  const today = type === 'mysql' ? `(${now})` : now;

  const user = new EntitySchema<AuthUserEntity>({
    name: 'AuthUserEntity',
    target: AuthUserEntity,
    tableName: 'auth_users',
    columns: {
      id: { ...id, primary: true },
      login: short(254),
      passwordHash: { ...short(255), name: 'password_hash', nullable },
      roles: json,
      permissions: { ...json, nullable },
      emailVerifiedAt: { ...time, name: 'email_verified_at', nullable },
      disabledAt: { ...time, name: 'disabled_at', nullable },
      createdAt: { ...time, name: 'created_at', default: () => today },
    },
    indices: [{ name: 'auth_users_login', columns: ['login'], unique: true }],
  });

  const session = new EntitySchema<AuthSessionEntity>({
    name: 'AuthSessionEntity',
    target: AuthSessionEntity,
    tableName: 'auth_sessions',
    columns: {
      id: { ...id, primary: true },
      userId: { ...short(64), name: 'user_id' },
      secretHash: { ...short(64), name: 'secret_hash' },
      generation: { type: 'integer' },
      createdAt: { ...time, name: 'created_at' },
      rotatedAt: { ...time, name: 'rotated_at' },
      expiresAt: { ...time, name: 'expires_at' },
      absoluteExpiresAt: { ...time, name: 'absolute_expires_at' },
      revokedAt: { ...time, name: 'revoked_at', nullable },
      userAgent: { ...text, name: 'user_agent', nullable },
      ip: { ...short(64), nullable },
      methods: short(263),
      authenticatedAt: { ...time, name: 'authenticated_at' },
      remember: { type: 'boolean' },
      actorId: { ...short(64), name: 'actor_id', nullable },
    },
    // No index on a column that a rotation writes, so that PostgreSQL can update the row in place (HOT).
    indices: [
      { name: 'auth_sessions_user_id', ...types.liveOfUser },
      { name: 'auth_sessions_absolute_expires_at', columns: ['absoluteExpiresAt'] },
      { name: 'auth_sessions_revoked_at', columns: ['revokedAt'], ...types.whereRevoked },
    ],
  });

  const ephemeral = new EntitySchema<AuthEphemeralEntity>({
    name: 'AuthEphemeralEntity',
    target: AuthEphemeralEntity,
    tableName: 'auth_ephemeral',
    columns: {
      key: { ...key(255), primary: true },
      value: text,
      expiresAt: { ...time, name: 'expires_at' },
    },
    indices: [{ name: 'auth_ephemeral_expires_at', columns: ['expiresAt'] }],
  });

  const credential = new EntitySchema<AuthCredentialEntity>({
    name: 'AuthCredentialEntity',
    target: AuthCredentialEntity,
    tableName: 'auth_credentials',
    columns: {
      id: { ...id, primary: true },
      userId: { ...short(255), name: 'user_id' },
      kind: short(32),
      key: key(512),
      data: text,
      version: { type: 'integer' },
      createdAt: { ...time, name: 'created_at' },
      lastUsedAt: { ...time, name: 'last_used_at', nullable },
      expiresAt: { ...time, name: 'expires_at', nullable },
    },
    indices: [
      { name: 'auth_credentials_kind_key', columns: ['kind', 'key'], unique: true },
      { name: 'auth_credentials_user_id', columns: ['userId', 'createdAt', 'id'] },
    ],
  });

  const own = [session, ephemeral, credential];
  return users ? [user, ...own] : own;
}

interface ColumnTypes {
  readonly id: EntitySchemaColumnOptions;
  readonly text: EntitySchemaColumnOptions;
  readonly time: EntitySchemaColumnOptions;
  readonly json: EntitySchemaColumnOptions;
  /** Text that is compared byte by byte. */
  readonly key: (length: number) => EntitySchemaColumnOptions;
  readonly short: (length: number) => EntitySchemaColumnOptions;
  readonly now: string;
  readonly whereRevoked?: { readonly where: string };
  /** A user's sessions that are not revoked, in the order in which they are listed. */
  readonly liveOfUser: { readonly columns: string[]; readonly where?: string };
}

// Under MariaDB's usual collations 'josé' finds 'jose'. The binary ones still ignore trailing spaces, which only keys
// may have: those are bytes.
const collation = 'utf8mb4_bin';
const whereRevoked = { where: '"revoked_at" IS NOT NULL' };
const liveOfUser = { columns: ['userId', 'createdAt', 'id'], where: '"revoked_at" IS NULL' };

const TYPES: Record<Family, ColumnTypes> = {
  postgres: {
    id: { type: 'uuid' },
    text: { type: 'text' },
    time: { type: 'timestamptz', precision: 3 },
    json: { type: 'jsonb' },
    key: (length) => ({ type: 'varchar', length }),
    short: (length) => ({ type: 'varchar', length }),
    now: 'now()',
    whereRevoked,
    liveOfUser,
  },
  mysql: {
    id: { type: 'char', length: 36, collation },
    text: { type: 'text', collation },
    time: { type: 'datetime', precision: 3 },
    json: { type: 'json' },
    // A character takes up to 3 bytes, and one of 4 bytes counts as two.
    key: (length) => ({ type: 'varbinary', length: 3 * length }),
    short: (length) => ({ type: 'varchar', length, collation }),
    now: 'utc_timestamp(3)',
    liveOfUser: { columns: ['userId', 'revokedAt', 'createdAt', 'id'] },
  },
  sqlite: {
    id: { type: 'varchar', length: 36 },
    text: { type: 'text' },
    time: { type: 'datetime' },
    json: { type: 'simple-json' },
    key: (length) => ({ type: 'varchar', length }),
    short: (length) => ({ type: 'varchar', length }),
    now: "strftime('%Y-%m-%d %H:%M:%f', 'now')",
    whereRevoked,
    liveOfUser,
  },
};
