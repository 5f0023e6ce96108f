import { AuthError, type NewUser } from '@acme/nest-auth';
import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';

/** A property of the entity, or what is read from a row of it. */
export type Read<E, V> = (keyof E & string) | ((entity: E) => V);

/**
 * How the app's own user entity is read and written. It needs one primary column (uuid, numeric or text) and a unique
 * index on the login.
 *
 * @example
 * ```ts
 * typeOrmStores(db, {
 *   user: {
 *     entity: User,
 *     login: 'email',
 *     passwordHash: 'password',
 *     roles: { read: (user) => (user.isAdmin ? ['admin'] : []), write: (roles) => ({ isAdmin: roles.includes('admin') }) },
 *     disabledAt: 'blockedAt',
 *     profile: ['displayName'],
 *   },
 * });
 * ```
 */
export interface UserMapping<E extends ObjectLiteral> {
  readonly entity: EntityTarget<E>;
  /** @default 'login' */
  readonly login?: keyof E & string;
  /** A nullable column, where accounts without a password exist; `select: false` is fine. @default 'passwordHash' */
  readonly passwordHash?: keyof E & string;
  /** A property that holds an array of strings, or a pair that translates. @default 'roles' */
  readonly roles?:
    | (keyof E & string)
    | {
        readonly read: (entity: E) => readonly string[];
        /** The columns of a new user that hold these roles. */
        readonly write: (roles: readonly string[]) => Partial<E>;
      };
  /** @default 'permissions', where the entity has such a column */
  readonly permissions?: Read<E, readonly string[]>;
  /** @default 'emailVerifiedAt', where the entity has such a column */
  readonly emailVerifiedAt?: Read<E, Date | null>;
  /** @default 'disabledAt', where the entity has such a column */
  readonly disabledAt?: Read<E, Date | null>;
  /**
   * The columns that a registration may fill with the fields of `register.schema`: their names, or what makes columns
   * of them. It never reaches the columns above. @default none
   */
  readonly profile?: readonly (keyof E & string)[] | ((profile: NewUser['profile']) => Partial<E>);
  /** Makes the primary key, where the database does not. @default the database does */
  readonly newId?: () => string | number;
}

/** The mapping with its defaults, checked against the entity's metadata. */
export interface ResolvedMapping<E extends ObjectLiteral> {
  readonly id: string;
  readonly login: string;
  readonly passwordHash: string;
  readonly roles: (entity: E) => readonly string[];
  readonly permissions: ((entity: E) => unknown) | undefined;
  readonly emailVerifiedAt: ((entity: E) => unknown) | undefined;
  readonly disabledAt: ((entity: E) => unknown) | undefined;
  /** Whether a row may have this id: another one would be an error of the database, or find the wrong row. */
  readonly isId: (id: unknown) => id is string;
  /** The columns of a new user. */
  readonly columnsOf: (user: NewUser) => Record<string, unknown>;
}

/** @throws AuthError `invalid_configuration`, naming each property that the entity does not have */
export function resolveMapping<E extends ObjectLiteral>(db: DataSource, mapping: UserMapping<E>): ResolvedMapping<E> {
  const metadata = db.getMetadata(mapping.entity);
  const has = (property: string) => metadata.columns.some(({ propertyName }) => propertyName === property);
  const problems: string[] = [];
  const [primary, ...further] = metadata.primaryColumns;
  if (!primary || further.length > 0) problems.push('it needs exactly one primary column');

  const { login = 'login', passwordHash = 'passwordHash', roles = 'roles', newId } = mapping;
  const reserved = new Set([primary?.propertyName ?? 'id', login, passwordHash]);
  const named: [option: string, value: unknown][] = [
    ['login', login],
    ['passwordHash', passwordHash],
    ['roles', roles],
  ];
  const reader = (option: 'permissions' | 'emailVerifiedAt' | 'disabledAt') => {
    const read: Read<E, unknown> | undefined = mapping[option] ?? (has(option) ? option : undefined);
    named.push([option, read]);
    return typeof read === 'string' ? (entity: E) => entity[read] : read;
  };
  const readers = {
    permissions: reader('permissions'),
    emailVerifiedAt: reader('emailVerifiedAt'),
    disabledAt: reader('disabledAt'),
  };
  for (const [option, value] of named) {
    if (typeof value !== 'string') continue;
    reserved.add(value);
    if (!has(value)) problems.push(`${option}: it has no column '${value}'`);
  }
  const { profile = [] } = mapping;
  for (const property of typeof profile === 'function' ? [] : profile) {
    if (reserved.has(property)) problems.push(`profile: '${property}' is not for registrations to fill`);
    else if (!has(property)) problems.push(`profile: it has no column '${property}'`);
  }
  if (problems.length > 0 || !primary) {
    const message = `typeOrmStores: the user entity ${metadata.name} does not fit. ${problems.join('; ')}.`;
    throw new AuthError('invalid_configuration', { message });
  }

  const writeRoles =
    typeof roles === 'string'
      ? (given: readonly string[]): Record<string, unknown> => ({ [roles]: [...given] })
      : roles.write;
  return {
    id: primary.propertyName,
    login,
    passwordHash,
    ...readers,
    roles: typeof roles === 'string' ? (entity) => entity[roles] ?? [] : roles.read,
    isId: idCheck(db.driver.normalizeType(primary), primary.unsigned),
    columnsOf: (user) => ({
      ...profileColumns(user.profile, profile, reserved),
      ...writeRoles(user.roles),
      [login]: user.login,
      [passwordHash]: user.passwordHash,
      ...(newId ? { [primary.propertyName]: newId() } : {}),
    }),
  };
}

function profileColumns<E extends ObjectLiteral>(
  given: NewUser['profile'],
  profile: readonly (keyof E & string)[] | ((profile: NewUser['profile']) => Partial<E>),
  reserved: ReadonlySet<string>,
): Record<string, unknown> {
  const columns =
    typeof profile === 'function' ? profile(given) : Object.fromEntries(profile.map((name) => [name, given[name]]));
  // The query builder would run what a function answers as SQL.
  return Object.fromEntries(
    Object.entries(columns).filter(
      ([name, value]) => !reserved.has(name) && value !== undefined && typeof value !== 'function',
    ),
  );
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const INTEGER = /^(0|-?[1-9]\d{0,19})$/;
const INTEGER_TYPE = /^(?:big|small|tiny|medium)?int(?:eger|\d)?$/;
const BITS: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, integer: 32 };

function idCheck(type: string, unsigned = false): (id: unknown) => id is string {
  if (type === 'uuid') return (id): id is string => typeof id === 'string' && UUID.test(id);
  if (!INTEGER_TYPE.test(type)) return (id): id is string => typeof id === 'string' && !id.includes('\0');
  const bits = BigInt((BITS[type] ?? 64) - (unsigned ? 0 : 1));
  const [least, most] = [unsigned ? 0n : -(2n ** bits), 2n ** bits - 1n];
  return (id): id is string => typeof id === 'string' && INTEGER.test(id) && BigInt(id) >= least && BigInt(id) <= most;
}
