import type { AuthUser, NewUser } from '@acme/nest-auth';

/** A property of a row. */
export type Property<Row> = keyof Row & string;

/** A property of a row, or a function that reads a value from it. */
export type Read<Row, Value> = Property<Row> | ((row: Row) => Value);

/** The columns that a registration fills: their names, or a function that returns them. */
export type WriteProfile<Row, Insert = Row> =
  | readonly Property<Row>[]
  | ((profile: NewUser['profile']) => Partial<Insert>);

/** What the store returns: the library's fields, the app's own row, and what `profile.read` adds. */
export type MappedUser<Row, Extra = unknown> = AuthUser & {
  readonly email?: string | null;
  readonly locale?: string | null;
  readonly row: Row;
} & Extra;

/**
 * How an app's own users table is read and written. The adapters for TypeORM, Prisma and Drizzle have the same options.
 *
 * @example
 * ```ts
 * import type { UserMapping } from '@acme/nest-auth/adapter';
 *
 * interface UserRow { id: number; email: string; password: string | null; role: string; isActive: boolean; name: string }
 *
 * const mapping: UserMapping<UserRow> = {
 *   login: 'email',
 *   passwordHash: 'password',
 *   role: 'role',
 *   isActive: 'isActive',
 *   profile: ['name'],
 * };
 * ```
 */
export interface UserMapping<Row, Extra = unknown, Insert = Row> {
  /** The primary key. @default 'id' */
  readonly id?: Property<Row>;
  /** The login; it needs a unique index. @default 'login' */
  readonly login?: Property<Row>;
  /** The e-mail address for mails, if the login is something else. @default none */
  readonly email?: Property<Row>;
  /** The language tag (BCP 47) for mails to the user, or a function of the row. @default none */
  readonly locale?: Read<Row, string | null>;
  /** The password hash; nullable if there are accounts without a password. @default 'passwordHash' */
  readonly passwordHash?: Property<Row>;
  /** A property that holds an array of strings, or a pair of functions. @default 'roles' */
  readonly roles?:
    | Property<Row>
    | {
        readonly read: (row: Row) => readonly string[];
        /** The columns of a new user that hold these roles. */
        readonly write: (roles: readonly string[]) => Partial<Insert>;
      };
  /**
   * Instead of `roles`: a property that holds one role, a string or an enum. `null` means no role. A user who registers
   * without a role gets the column's default. @default none
   */
  readonly role?: Property<Row>;
  /** An array of strings, or a function of the row. @default 'permissions', if the table has it */
  readonly permissions?: Read<Row, readonly string[] | null>;
  /**
   * A date, or a function of the row. The store has `setEmailVerified` only if this is a property.
   * @default 'emailVerifiedAt', if the table has it
   */
  readonly emailVerifiedAt?: Read<Row, Date | null>;
  /** A date, or a function of the row. A user with a date cannot log in. @default 'disabledAt', if the table has it */
  readonly disabledAt?: Read<Row, Date | null>;
  /** A boolean property. Only a user with `true` can log in. @default none */
  readonly isActive?: Property<Row>;
  /**
   * The columns that a registration fills with the fields of `register.schema`. It never writes the columns above. With
   * `{ write, read }`, `read` returns further fields of the user besides `row`.
   * @default none
   */
  readonly profile?:
    | WriteProfile<Row, Insert>
    | { readonly write?: WriteProfile<Row, Insert>; readonly read?: (row: Row) => Extra };
  /** Makes the primary key. @default the database does */
  readonly newId?: () => string | number | bigint;
  /**
   * `'mixed-case'`: the table has logins from before the library, such as `Mixed@Example.org`. They are then looked up
   * by `lower(column)`, which needs an index.
   * @default 'normalised'
   */
  readonly logins?: 'normalised' | 'mixed-case';
}
