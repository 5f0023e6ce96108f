import type { MappedUser, UserIdColumn, UserMapping } from '@acme/nest-auth/adapter';

/** The type of a users model's id. */
export type UserIdType = 'uuid' | 'number' | 'bigint' | 'string';

/** What the store returns: the library's fields, and the app's row as `row`. */
export type PrismaUser<Row, Extra = unknown> = MappedUser<Row, Extra>;

/**
 * How the app's own users model is read and written. The login's field must be `@unique`.
 *
 * @see https://github.com/acme/nest-auth/blob/main/docs/guides/your-users-table.md
 * @example
 * ```ts
 * const { account: authUser, authSession, authEphemeral, authCredential } = prisma;
 * prismaStores({ authUser, authSession, authEphemeral, authCredential }, {
 *   user: { idType: 'number', login: 'email', role: 'role', isActive: 'isActive', profile: ['name'] },
 * });
 * ```
 */
export interface PrismaUserMapping<Row, Extra = unknown> extends UserMapping<Row, Extra> {
  /**
   * The type of the model's id, which a Prisma client does not reveal: `'number'` for `Int`, `'bigint'` for `BigInt`,
   * `'uuid'` for `String @db.Uuid`, `'string'` for any other `String`.
   * @default 'uuid'
   */
  readonly idType?: UserIdType;
}

export const ID_COLUMNS: Readonly<Record<UserIdType, UserIdColumn>> = {
  uuid: { type: 'uuid' },
  string: { type: 'text' },
  number: { type: 'integer', bits: 32, as: 'number' },
  bigint: { type: 'integer', bits: 64, as: 'bigint' },
};
