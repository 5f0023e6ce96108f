import { AuthError, type AuthUser, type NewUser, normaliseLogin, type UserStore } from '@acme/nest-auth';
import { type DataSource, Equal, IsNull, type ObjectLiteral, type QueryRunner } from 'typeorm';
import { isDuplicate, isText, onPrimary } from './table.js';
import { type ResolvedMapping, resolveMapping, type UserMapping } from './user-mapping.js';

/** What the stores answer: the library's fields, and the app's own row for `claims`, `profile` and policies. */
export interface TypeOrmUser<E extends ObjectLiteral> extends AuthUser {
  readonly entity: E;
}

/** `UserStore` on the app's user entity, or on `AuthUserEntity`. */
export class TypeOrmUserStore<E extends ObjectLiteral> implements UserStore<TypeOrmUser<E>> {
  readonly #mapping: ResolvedMapping<E>;

  constructor(
    private readonly db: DataSource,
    private readonly mapping: UserMapping<E>,
  ) {
    this.#mapping = resolveMapping(db, mapping);
  }

  async findById(id: string): Promise<TypeOrmUser<E> | null> {
    if (!this.#mapping.isId(id)) return null;
    const user = await onPrimary(this.db, (runner) => this.#read(runner, this.#mapping.id, id));
    // A collation may find another row for a text id.
    return user?.id === id ? user : null;
  }

  async findByLogin(login: string): Promise<TypeOrmUser<E> | null> {
    if (!isText(login)) return null;
    const user = await onPrimary(this.db, (runner) => this.#read(runner, this.#mapping.login, login));
    // Under a collation that ignores accents, 'josé' would find the account of 'jose'. One that ignores case may.
    return user && isSameLogin(user.login, login) ? user : null;
  }

  async create(user: NewUser): Promise<TypeOrmUser<E>> {
    if (!isText(user.login) || !(user.passwordHash === null || isText(user.passwordHash))) {
      throw new AuthError('invalid_request');
    }
    return onPrimary(this.db, async (runner) => {
      try {
        await runner.manager
          .createQueryBuilder()
          .insert()
          .into(this.mapping.entity)
          .values(this.#mapping.columnsOf(user) as Partial<E>)
          .execute();
      } catch (error) {
        // The index has decided; which of the table's unique indexes it was is told by the login being there.
        if (isDuplicate(error) && (await this.#read(runner, this.#mapping.login, user.login, true))) {
          throw new AuthError('login_taken', { cause: error });
        }
        throw error;
      }
      const created = await this.#read(runner, this.#mapping.login, user.login);
      if (!created) throw new Error('A user was gone right after its registration.');
      return created;
    });
  }

  async setPasswordHash(id: string, hash: string, replaces: string | null): Promise<boolean> {
    const { id: key, passwordHash, isId } = this.#mapping;
    if (!isId(id) || !isText(hash) || !(replaces === null || isText(replaces))) return false;
    return onPrimary(this.db, async (runner) => {
      const query = runner.manager
        .createQueryBuilder()
        .update(this.mapping.entity)
        .set({ [passwordHash]: hash } as Partial<E>)
        .where({ [key]: id, [passwordHash]: replaces === null ? IsNull() : Equal(replaces) });
      // PGlite's driver does not say how many rows were changed, so they are asked for.
      if (this.db.driver.isReturningSqlSupported('update')) query.returning([key]);
      const { affected, raw } = await query.execute();
      return (affected ?? (raw as unknown[]).length) === 1;
    });
  }

  async #read(
    runner: QueryRunner,
    property: string,
    value: string,
    withDeleted = false,
  ): Promise<TypeOrmUser<E> | null> {
    const query = runner.manager
      .createQueryBuilder(this.mapping.entity, 'account')
      .setFindOptions({ where: { [property]: value } as never, withDeleted })
      // Apps hide the hash from their own queries with `select: false`.
      .addSelect(`account.${this.#mapping.passwordHash}`);
    const entity = await query.getOne();
    return entity && this.#userOf(entity);
  }

  #userOf(entity: E): TypeOrmUser<E> {
    const { id, login, passwordHash, roles, permissions, emailVerifiedAt, disabledAt } = this.#mapping;
    return {
      id: String(entity[id]),
      login: entity[login],
      passwordHash: entity[passwordHash] ?? null,
      roles: roles(entity),
      ...(permissions && { permissions: (permissions(entity) ?? []) as readonly string[] }),
      ...(emailVerifiedAt && { emailVerifiedAt: (emailVerifiedAt(entity) ?? null) as Date | null }),
      ...(disabledAt && { disabledAt: (disabledAt(entity) ?? null) as Date | null }),
      entity,
    };
  }
}

function isSameLogin(stored: string, login: string): boolean {
  try {
    return stored === login || normaliseLogin(stored) === login;
  } catch {
    return false; // A stored one that no login of today can be.
  }
}
