import { AuthError } from '@acme/nest-auth';
import {
  type LoginLookup,
  loginSql,
  parseUserId,
  resolveMapping,
  TableUserStore,
  type UserId,
  type UserIdColumn,
  type UserQueries,
} from '@acme/nest-auth/adapter';
import type { UserDelegate } from './schema.js';
import { ID_COLUMNS, type PrismaUserMapping } from './user-mapping.js';

/** Users in the model `AuthUser`, or in the app's own. */
export class PrismaUserStore<Row extends object = object, Extra = unknown> extends TableUserStore<Row, Extra> {
  /** @throws AuthError `invalid_configuration` if the options contradict each other */
  constructor(users: UserDelegate<Row>, mapping: PrismaUserMapping<Row, Extra> = {}) {
    const { idType = 'uuid' } = mapping;
    const idColumn = ID_COLUMNS[idType];
    if (!idColumn) {
      const message = `prismaStores: user.idType is none of ${Object.keys(ID_COLUMNS).join(', ')}.`;
      throw new AuthError('invalid_configuration', { message });
    }
    const name = 'prismaStores: the users model';
    const isThere = Object.keys(users.fields ?? {}).includes('emailVerifiedAt');
    const resolved = resolveMapping<Row, Extra, Row>(
      { ...(isThere && { emailVerifiedAt: 'emailVerifiedAt' as never }), ...mapping },
      { name, isStorable: isScalar },
    );
    // The client does not reveal the names of the model's table and columns.
    const sql = loginSql('postgres', '"<users>"', `"${resolved.login}"`);
    super(resolved, new ModelQueries(users, resolved, idColumn), sql);
  }
}

class ModelQueries<Row extends object> implements UserQueries<Row> {
  /** Many apps let their client omit the password hash everywhere; here it is needed. */
  readonly #revealed: object;

  constructor(
    private readonly users: UserDelegate<Row>,
    private readonly names: { readonly id: string; readonly login: string; readonly passwordHash: string },
    private readonly idColumn: UserIdColumn,
  ) {
    this.#revealed = { omit: { [names.passwordHash]: false } };
  }

  parseId(id: unknown): UserId | undefined {
    return parseUserId(id, this.idColumn);
  }

  async findById(id: UserId): Promise<Row | null> {
    return this.users.findUnique({ where: { [this.names.id]: id } as never, ...this.#revealed });
  }

  async findByLogin(login: string, how: LoginLookup, limit: number): Promise<readonly Row[]> {
    if (how === 'exact') {
      const row = await this.users.findUnique({ where: { [this.names.login]: login } as never, ...this.#revealed });
      return row ? [row] : [];
    }
    // Prisma turns it into an ILIKE and does not escape wildcards.
    const equals = login.replace(/[\\%_]/g, '\\$&');
    const where = { [this.names.login]: { equals, mode: 'insensitive' } } as never;
    return this.users.findMany({ where, take: limit, ...this.#revealed });
  }

  async insert(columns: Readonly<Record<string, unknown>>): Promise<Row> {
    return this.users.create({ data: columns as never, ...this.#revealed });
  }

  // PostgreSQL compares exactly by default. In a `citext` column only case is ignored.
  async update(id: UserId, changes: object, unchanged: object): Promise<boolean> {
    const { count } = await this.users.updateMany({
      where: { ...unchanged, [this.names.id]: id } as never,
      data: changes as never,
    });
    return count === 1;
  }

  async logins(limit: number): Promise<readonly string[]> {
    const rows = await this.users.findMany({ take: limit, ...{ select: { [this.names.login]: true } } });
    return rows.map((row) => String((row as Readonly<Record<string, unknown>>)[this.names.login]));
  }
}

/** Prisma reads an object as a nested write, which a client must not be able to send. */
function isScalar(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => !Array.isArray(item) && isScalar(item));
  return value === null || typeof value !== 'object' || value instanceof Date;
}
