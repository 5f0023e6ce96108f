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
import { type DataSource, Equal, IsNull, type ObjectLiteral, type QueryRunner, Raw } from 'typeorm';
import { familyOf } from './schema.js';
import { onPrimary } from './table.js';
import { idColumnOf, type UserMapping } from './user-mapping.js';

/** `UserStore` on the app's user entity, or on `AuthUserEntity`. */
export class TypeOrmUserStore<E extends ObjectLiteral, Extra = unknown> extends TableUserStore<E, Extra> {
  /** @throws AuthError `invalid_configuration`, naming each property that the entity does not have */
  constructor(db: DataSource, mapping: UserMapping<E, Extra>) {
    const metadata = db.getMetadata(mapping.entity);
    const name = `typeOrmStores: the user entity ${metadata.name}`;
    const [primary, ...further] = metadata.primaryColumns;
    if (!primary || further.length > 0) {
      throw new AuthError('invalid_configuration', { message: `${name} needs exactly one primary column.` });
    }
    const properties = new Map(metadata.columns.map((column) => [column.propertyName, column.databaseName]));
    const id = primary.propertyName;
    const resolved = resolveMapping<E, Extra, E>(
      { ...mapping, id },
      { name, has: (property) => properties.has(property) },
    );
    const queries = new EntityQueries<E>(db, mapping.entity, resolved, idColumnOf(db, metadata));
    const column = properties.get(resolved.login) ?? resolved.login;
    super(resolved, queries, loginSql(familyOf(db.options.type), metadata.tablePath, column));
  }
}

class EntityQueries<E extends ObjectLiteral> implements UserQueries<E> {
  constructor(
    private readonly db: DataSource,
    private readonly entity: UserMapping<E>['entity'],
    private readonly names: { readonly id: string; readonly login: string; readonly passwordHash: string },
    private readonly idColumn: UserIdColumn,
  ) {}

  parseId(id: unknown): UserId | undefined {
    return parseUserId(id, this.idColumn);
  }

  async findById(id: UserId): Promise<E | null> {
    const [row] = await onPrimary(this.db, (runner) => this.#read(runner, { [this.names.id]: id }, false));
    return row ?? null;
  }

  // No limit: with eager relations one row of the table is several result rows.
  findByLogin(login: string, how: LoginLookup, _limit: number, hidden: boolean): Promise<readonly E[]> {
    const value = how === 'exact' ? login : Raw((column) => `lower(${column}) = :login`, { login });
    return onPrimary(this.db, (runner) => this.#read(runner, { [this.names.login]: value }, hidden));
  }

  async insert(columns: Readonly<Record<string, unknown>>): Promise<null> {
    await onPrimary(this.db, (runner) =>
      runner.manager
        .createQueryBuilder()
        .insert()
        .into(this.entity)
        .values(columns as Partial<E>)
        .execute(),
    );
    return null;
  }

  setPasswordHash(id: UserId, hash: string, replaces: string | null): Promise<boolean> {
    const { id: key, passwordHash } = this.names;
    return onPrimary(this.db, async (runner) => {
      const query = runner.manager
        .createQueryBuilder()
        .update(this.entity)
        .set({ [passwordHash]: hash } as Partial<E>)
        .where({ [key]: id, [passwordHash]: replaces === null ? IsNull() : Equal(replaces) });
      // PGlite's driver does not count changed rows, so they are returned and counted here.
      if (this.db.driver.isReturningSqlSupported('update')) query.returning([key]);
      const { affected, raw } = await query.execute();
      return (affected ?? (raw as unknown[]).length) === 1;
    });
  }

  async logins(limit: number): Promise<readonly string[]> {
    const rows = await onPrimary(this.db, (runner) =>
      runner.manager
        .createQueryBuilder(this.entity, 'account')
        .select(`account.${this.names.login}`, 'login')
        .withDeleted()
        .limit(limit)
        .getRawMany<{ login: unknown }>(),
    );
    return rows.map(({ login }) => String(login));
  }

  #read(runner: QueryRunner, where: object, withDeleted: boolean): Promise<E[]> {
    return (
      runner.manager
        .createQueryBuilder(this.entity, 'account')
        .setFindOptions({ where: where as never, withDeleted })
        // Apps hide the hash from their own queries with `select: false`.
        .addSelect(`account.${this.names.passwordHash}`)
        .getMany()
    );
  }
}
