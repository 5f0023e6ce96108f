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
import { type DataSource, type FindOperator, IsNull, type ObjectLiteral, type QueryRunner, Raw } from 'typeorm';
import { type Family, familyOf } from './schema.js';
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

/** Compares byte by byte, independent of the column's collation. */
const EXACTLY: Readonly<Record<Family, (column: string, value: string) => string>> = {
  postgres: (column, value) => `CAST(${column} AS text) COLLATE "C" = ${value}`,
  mysql: (column, value) => `CAST(CONVERT(${column} USING utf8mb4) AS BINARY) = CAST(${value} AS BINARY)`,
  sqlite: (column, value) => `${column} = ${value} COLLATE BINARY`,
};

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

  update(id: UserId, changes: object, unchanged: Readonly<Record<string, string | null>>): Promise<boolean> {
    const key = this.names.id;
    const conditions = Object.entries(unchanged).map(([property, value]) => [property, this.#is(property, value)]);
    return onPrimary(this.db, async (runner) => {
      const query = runner.manager
        .createQueryBuilder()
        .update(this.entity)
        .set(changes as Partial<E>)
        .where({ ...Object.fromEntries(conditions), [key]: id });
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

  #is(property: string, value: string | null): FindOperator<unknown> {
    if (value === null) return IsNull();
    const column = this.db.getMetadata(this.entity).findColumnWithPropertyName(property);
    const stored = column ? this.db.driver.preparePersistentValue(value, column) : value;
    const isEqual = EXACTLY[familyOf(this.db.options.type)];
    return Raw((name) => isEqual(name, `:is_${property}`), { [`is_${property}`]: stored });
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
