import type { MappedUser, UserMapping as Mapping, UserIdColumn } from '@acme/nest-auth/adapter';
import type { DataSource, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';

/** What the store returns: the library's fields, and the entity as `row`. */
export type TypeOrmUser<E extends ObjectLiteral, Extra = unknown> = MappedUser<E, Extra>;

/**
 * How the app's own user entity is read and written. It needs one primary column (uuid, numeric or text) and a unique
 * index on the login.
 *
 * @see https://github.com/acme/nest-auth/blob/main/docs/guides/your-users-table.md
 * @example
 * ```ts
 * typeOrmStores(db, {
 *   user: { entity: User, login: 'email', passwordHash: 'password', role: 'role', isActive: 'isActive', profile: ['name'] },
 * });
 * ```
 */
export interface UserMapping<E extends ObjectLiteral, Extra = unknown> extends Omit<Mapping<E, Extra>, 'id'> {
  readonly entity: EntityTarget<E>;
}

const INTEGER_TYPE = /^(?:big|small|tiny|medium)?int(?:eger|\d)?$/;
const BITS: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, integer: 32 };

/** TypeORM accepts numbers as text, the form in which drivers return a `bigint`. */
export function idColumnOf(db: DataSource, { primaryColumns: [primary] }: EntityMetadata): UserIdColumn {
  const type = primary ? db.driver.normalizeType(primary) : 'text';
  if (type === 'uuid') return { type };
  if (!INTEGER_TYPE.test(type)) return { type: 'text' };
  return { type: 'integer', bits: BITS[type] ?? 64, unsigned: primary?.unsigned ?? false, as: 'string' };
}
