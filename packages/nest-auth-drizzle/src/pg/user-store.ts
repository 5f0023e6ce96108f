import { AuthError, type AuthUser, type NewUser, type UserStore } from '@acme/nest-auth';
import { and, eq, getTableColumns, isNull, type SQL } from 'drizzle-orm';
import { idFor, isText, isUniqueViolation, newUserRow, toUser } from '../rows.js';
import type { Database } from './database.js';
import type { UsersTable } from './schema.js';

export class PgUserStore<TUser extends AuthUser> implements UserStore<TUser> {
  constructor(
    private readonly db: Database,
    private readonly users: UsersTable,
    private readonly keep: (profile: NewUser['profile']) => object,
  ) {}

  async findById(id: string): Promise<TUser | null> {
    const key = idFor(this.users.id, id);
    return key === null ? null : this.#find(eq(this.users.id, key));
  }

  async findByLogin(login: string): Promise<TUser | null> {
    return isText(login) ? this.#find(eq(this.users.login, login)) : null;
  }

  async create(user: NewUser): Promise<TUser> {
    const row = newUserRow(user, this.keep(user.profile), getTableColumns(this.users));
    try {
      const [created = {}] = await this.db.insert(this.users).values(row).returning();
      return toUser(created);
    } catch (error) {
      // The index has decided; reading tells which one, whatever its name is.
      if (isUniqueViolation(error) && (await this.findByLogin(user.login))) throw new AuthError('login_taken');
      throw error;
    }
  }

  async setPasswordHash(id: string, hash: string, replaces: string | null): Promise<boolean> {
    const key = idFor(this.users.id, id);
    if (key === null || !isText(hash) || !(replaces === null || isText(replaces))) return false;
    const { id: idColumn, passwordHash } = this.users;
    const isUnchanged = replaces === null ? isNull(passwordHash) : eq(passwordHash, replaces);
    const changed = await this.db
      .update(this.users)
      .set({ passwordHash: hash })
      .where(and(eq(idColumn, key), isUnchanged))
      .returning({ id: idColumn });
    return changed.length === 1;
  }

  async #find(where: SQL): Promise<TUser | null> {
    const [row] = await this.db.select().from(this.users).where(where).limit(1).$withCache(false);
    return row ? toUser(row) : null;
  }
}
