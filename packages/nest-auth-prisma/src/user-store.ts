import { AuthError, type AuthUser, type NewUser, type UserStore } from '@acme/nest-auth';
import type { UserDelegate } from './schema.js';
import { parseUserId, type UserIdType } from './user-id.js';
import { isText } from './values.js';

/** What the library knows of a user. */
export type UserField = Exclude<keyof AuthUser, symbol>;

/** How the team's own users model differs from `AuthUser` of auth.prisma. */
export interface PrismaUserOptions<Row extends object = object, Extra extends object = object> {
  /** The type of the id: `Int`, `BigInt`, `String @db.Uuid` or any other `String`. @default 'uuid' */
  readonly id?: UserIdType;
  /**
   * Fields of the model that have other names there. The login's must be `@unique`; `roles` is `Json` or `String[]`.
   * @default the names of `AuthUser`
   */
  readonly fields?: { readonly [Field in UserField]?: keyof Row & string };
  /**
   * The columns to fill with what `register.schema` let through. Whatever it answers for the library's own fields is
   * dropped. Check the types: Prisma takes an object for a nested write. @default none
   */
  readonly profile?: (profile: Readonly<Record<string, unknown>>) => Partial<Row>;
  /** What the app's user has besides `AuthUser`; `GET /auth/me` may show it. @default nothing */
  readonly extra?: (row: Row) => Extra;
}

/** Users in the model `AuthUser`, or in the team's own. */
export class PrismaUserStore<Row extends object = object, Extra extends object = object>
  implements UserStore<AuthUser & Extra>
{
  readonly #names: Readonly<Record<UserField, string>>;
  /** What every row must have, since a name that is misspelt would read as "not disabled". */
  readonly #required: ReadonlySet<UserField>;
  readonly #idType: UserIdType;

  constructor(
    private readonly users: UserDelegate<Row>,
    private readonly options: PrismaUserOptions<Row, Extra> = {},
  ) {
    const { id = 'uuid', fields = {} } = options;
    this.#idType = id;
    this.#names = { ...NAMES, ...fields };
    this.#required = new Set([...REQUIRED, ...(Object.keys(fields) as UserField[])]);
  }

  async findById(id: string): Promise<(AuthUser & Extra) | null> {
    const value = parseUserId(id, this.#idType);
    return value === undefined ? null : this.#find('id', value);
  }

  async findByLogin(login: string): Promise<(AuthUser & Extra) | null> {
    return isText(login) ? this.#find('login', login) : null;
  }

  async create({ login, passwordHash, roles, profile }: NewUser): Promise<AuthUser & Extra> {
    if (!isText(login) || !(passwordHash === null || isText(passwordHash))) throw new AuthError('invalid_request');
    const data = {
      ...this.#unreserved(this.options.profile?.(profile) ?? {}),
      [this.#names.login]: login,
      [this.#names.passwordHash]: passwordHash,
      [this.#names.roles]: texts(roles, 'roles'),
    };
    try {
      return this.#user(await this.users.create({ data: data as never, ...this.#revealed }));
    } catch (error) {
      // The unique index has decided. Which one it was, Prisma tells by the index's name, which is the team's to choose.
      if (isDuplicate(error) && (await this.findByLogin(login))) throw new AuthError('login_taken', { cause: error });
      throw error;
    }
  }

  async setPasswordHash(id: string, hash: string, replaces: string | null): Promise<boolean> {
    const value = parseUserId(id, this.#idType);
    if (value === undefined || !isText(hash) || !(replaces === null || isText(replaces))) return false;
    const { count } = await this.users.updateMany({
      where: { [this.#names.id]: value, [this.#names.passwordHash]: replaces } as never,
      data: { [this.#names.passwordHash]: hash } as never,
    });
    return count === 1;
  }

  /** Many teams let their client omit the password hash everywhere; here it is needed. */
  get #revealed(): object {
    return { omit: { [this.#names.passwordHash]: false } };
  }

  async #find(field: UserField, value: string | number | bigint): Promise<(AuthUser & Extra) | null> {
    const where = { [this.#names[field]]: value } as never;
    const row = await this.users.findUnique({ where, ...this.#revealed });
    return row && this.#user(row);
  }

  #user(row: Row): AuthUser & Extra {
    const read = (field: UserField): unknown => {
      const value = (row as Readonly<Record<string, unknown>>)[this.#names[field]];
      if (value === undefined && this.#required.has(field)) {
        throw new TypeError(`The users model has no field ${this.#names[field]}, which is mapped to ${field}.`);
      }
      return value ?? null;
    };
    const permissions = read('permissions');
    const user: AuthUser = {
      id: String(read('id')),
      login: String(read('login')),
      passwordHash: textOrNull(read('passwordHash'), 'passwordHash'),
      roles: texts(read('roles') ?? [], 'roles'),
      ...(permissions === null ? {} : { permissions: texts(permissions, 'permissions') }),
      emailVerifiedAt: dateOrNull(read('emailVerifiedAt'), 'emailVerifiedAt'),
      disabledAt: dateOrNull(read('disabledAt'), 'disabledAt'),
    };
    return { ...(this.options.extra?.(row) as Extra), ...user };
  }

  #unreserved(columns: object): object {
    const reserved = new Set(Object.values(this.#names));
    return Object.fromEntries(Object.entries(columns).filter(([name]) => !reserved.has(name)));
  }
}

const NAMES: Readonly<Record<UserField, string>> = {
  id: 'id',
  login: 'login',
  passwordHash: 'passwordHash',
  roles: 'roles',
  permissions: 'permissions',
  emailVerifiedAt: 'emailVerifiedAt',
  disabledAt: 'disabledAt',
};
const REQUIRED: readonly UserField[] = ['id', 'login', 'passwordHash', 'roles'];

// A column of another type is a mistake in the mapping: guessing could let a disabled user in.

function texts(value: unknown, field: UserField): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return [...value];
  throw new TypeError(`${field} must be a list of strings.`);
}

function textOrNull(value: unknown, field: UserField): string | null {
  if (value === null || typeof value === 'string') return value;
  throw new TypeError(`${field} must be a string or null.`);
}

function dateOrNull(value: unknown, field: UserField): Date | null {
  if (value === null || value instanceof Date) return value;
  throw new TypeError(`${field} must be a date or null.`);
}

function isDuplicate(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'P2002';
}
