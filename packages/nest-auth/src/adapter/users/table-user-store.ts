import { AuthError, type AuthUser, addressOf, type NewUser, type UserStore } from '@acme/nest-auth';
import { Logger } from '@nestjs/common';
import { isDuplicate } from '../database-errors.js';
import { isText } from '../text.js';
import { type LoginSql, LoginSurvey } from './login-survey.js';
import type { ResolvedMapping } from './resolve-mapping.js';
import { isNormalised, isSameLogin } from './same-login.js';
import type { UserId } from './user-id.js';
import type { MappedUser } from './user-mapping.js';

/** How a login is looked up: `login = ?`, or `lower(login) = ?`. */
export type LoginLookup = 'exact' | 'lower';

/** The queries of a users table. All values that they get have been checked. */
export interface UserQueries<Row> {
  /** Undefined if no row can have this id. */
  parseId(id: unknown): UserId | undefined;
  findById(id: UserId): Promise<Row | null>;
  /**
   * The rows that the database finds for this login, at most `limit`.
   * @param hidden whether to include rows that the ORM hides, such as soft-deleted ones
   */
  findByLogin(login: string, how: LoginLookup, limit: number, hidden: boolean): Promise<readonly Row[]>;
  /** One INSERT. @returns the row; null if the database does not return it */
  insert(columns: Readonly<Record<string, unknown>>): Promise<Row | null>;
  /**
   * One UPDATE; its condition is the id, and that the row still has each of these values.
   * @param unchanged by property. Compared exactly, because a collation may treat `jose` and `josé` as equal
   * @returns whether it changed the row
   */
  update(
    id: UserId,
    changes: Readonly<Record<string, unknown>>,
    unchanged: Readonly<Record<string, string | null>>,
  ): Promise<boolean>;
  /** The logins of any `limit` rows, including hidden ones. */
  logins(limit: number): Promise<readonly string[]>;
}

/** More rows than this for one login mean a serious problem of the table. */
const MANY = 10;

/** `UserStore` on a table that an ORM reads: the rules for every ORM and database. */
export class TableUserStore<Row, Extra = unknown> implements UserStore<MappedUser<Row, Extra>> {
  /** Present if the mapping has a column for it. */
  readonly setEmailVerified?: NonNullable<UserStore['setEmailVerified']>;
  readonly #survey: LoginSurvey;
  #toldOfTwins = false;

  constructor(
    private readonly mapping: ResolvedMapping<Row, Extra>,
    private readonly queries: UserQueries<Row>,
    private readonly sql: LoginSql,
  ) {
    this.#survey = new LoginSurvey((limit) => queries.logins(limit), mapping.mixedCase, sql);
    const { emailVerifiedAt } = mapping;
    if (emailVerifiedAt === undefined) return;
    this.setEmailVerified = async (id, address, at) => {
      const key = queries.parseId(id);
      if (key === undefined || !isText(address) || !isTime(at)) return false;
      const unchanged = await this.#columnsOfAddress(key, address);
      return unchanged !== null && queries.update(key, { [emailVerifiedAt]: at }, unchanged);
    };
  }

  async findById(id: string): Promise<MappedUser<Row, Extra> | null> {
    const key = this.queries.parseId(id);
    const row = key === undefined ? null : await this.queries.findById(key);
    const user = row && this.mapping.userOf(row);
    // A collation may find the row of another id.
    return user?.id === id ? user : null;
  }

  async findByLogin(login: string): Promise<MappedUser<Row, Extra> | null> {
    if (!isText(login)) return null;
    const rows = await this.#find(login, this.mapping.mixedCase ? 'lower' : 'exact');
    const same = rows.filter((row) => isSameLogin(this.#loginOf(row), login));
    if (same.length > 1 || rows.length >= MANY) return this.#refuseTwins();
    return same[0] ? this.mapping.userOf(same[0]) : null;
  }

  async create(user: NewUser): Promise<MappedUser<Row, Extra>> {
    assertStorable(user);
    const columns = this.mapping.columnsOf(user);
    if (await this.#hasTwin(user.login)) throw new AuthError('login_taken');
    let row: Row | null;
    try {
      row = await this.queries.insert(columns);
    } catch (error) {
      // A unique index refused the row. If the login exists now, it was the index on the login.
      if (isDuplicate(error) && (await this.#isThere(user.login))) throw new AuthError('login_taken', { cause: error });
      throw error;
    }
    row ??= (await this.#find(user.login, 'exact')).find((found) => this.#loginOf(found) === user.login) ?? null;
    if (!row) throw new Error('The new user cannot be read back.');
    return this.mapping.userOf(row);
  }

  async setPasswordHash(id: string, hash: string | null, replaces: string | null): Promise<boolean> {
    const key = this.queries.parseId(id);
    if (key === undefined || ![hash, replaces].every((one) => one === null || isText(one))) return false;
    const { passwordHash } = this.mapping;
    return this.queries.update(key, { [passwordHash]: hash }, { [passwordHash]: replaces });
  }

  async setLogin(id: string, login: string, replaces: string): Promise<boolean> {
    const key = this.queries.parseId(id);
    if (key === undefined || !isText(login) || !isText(replaces)) return false;
    assertNormalised(login);
    if (await this.#hasTwin(login, id)) throw new AuthError('login_taken');
    try {
      return await this.queries.update(key, { [this.mapping.login]: login }, { [this.mapping.login]: replaces });
    } catch (error) {
      // Only the login changes, so it was the unique index on the login.
      throw isDuplicate(error) ? new AuthError('login_taken', { cause: error }) : error;
    }
  }

  /** @returns what is wrong with the logins of the table, and the SQL that shows it */
  async diagnose(): Promise<readonly string[]> {
    return this.#survey.warnings();
  }

  /**
   * Whether a row from before the library has this login in another spelling. Without a unique index on
   * `lower(login)`, only this check prevents a second account. The library itself never writes such a row.
   * @param ownId of the user whose row does not count
   */
  async #hasTwin(login: string, ownId?: string): Promise<boolean> {
    if (!this.mapping.mixedCase && !(await this.#survey.foundUnnormalised())) return false;
    const rows = await this.#find(login, 'lower', true);
    const isOwn = (row: Row) => ownId !== undefined && this.mapping.userOf(row).id === ownId;
    return rows.some((row) => isSameLogin(this.#loginOf(row), login) && !isOwn(row));
  }

  /** The column values that show that this is the user's address; null if it is not. */
  async #columnsOfAddress(id: UserId, address: string): Promise<Readonly<Record<string, string>> | null> {
    const { login, email } = this.mapping;
    if (email === undefined) return isAddress(address) ? { [login]: address } : null;
    const row = await this.queries.findById(id);
    const user = row && this.mapping.userOf(row);
    if (!user || addressOf(user) !== address) return null;
    return { [login]: user.login, ...(user.login !== address && { [email]: address }) };
  }

  async #isThere(login: string): Promise<boolean> {
    for (const how of ['exact', 'lower'] as const) {
      if ((await this.#find(login, how, true)).length > 0) return true;
    }
    return false;
  }

  #find(login: string, how: LoginLookup, hidden = false): Promise<readonly Row[]> {
    return this.queries.findByLogin(login, how, MANY, hidden);
  }

  #loginOf(row: Row): unknown {
    return (row as Readonly<Record<string, unknown>>)[this.mapping.login];
  }

  /** It is unclear whose login it is, so nobody can log in with it. */
  #refuseTwins(): null {
    if (!this.#toldOfTwins) {
      new Logger('UserStore').error(
        `A login was refused because several rows have it in ${this.sql.column}. Find them: ${this.sql.twins}. ` +
          'Keep one of each and add a unique index. This is logged once.',
      );
    }
    this.#toldOfTwins = true;
    return null;
  }
}

function assertStorable({ login, passwordHash, roles }: NewUser): void {
  const isHash = passwordHash === null || isText(passwordHash);
  const areRoles = Array.isArray(roles) && roles.every((role) => isText(role) && role !== '');
  if (!isText(login) || !isHash || !areRoles) throw new AuthError('invalid_request');
  assertNormalised(login);
}

function assertNormalised(login: string): void {
  if (isNormalised(login)) return;
  const message = 'The login is not normalised. Pass it through normaliseLogin().';
  throw new AuthError('invalid_request', { message });
}

function isAddress(login: string): boolean {
  return addressOf({ login } as AuthUser) === login;
}

function isTime(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}
