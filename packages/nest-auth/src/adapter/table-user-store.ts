import { AuthError, type NewUser, type UserStore } from '@acme/nest-auth';
import { Logger } from '@nestjs/common';
import { isDuplicate } from './database-errors.js';
import { type LoginSql, LoginSurvey } from './login-survey.js';
import type { ResolvedMapping } from './resolve-mapping.js';
import { isNormalised, isSameLogin } from './same-login.js';
import { isText } from './text.js';
import type { UserId } from './user-id.js';
import type { MappedUser } from './user-mapping.js';

/** How a login is looked up: `login = ?`, or `lower(login) = ?`. */
export type LoginLookup = 'exact' | 'lower';

/** The queries of a users table. Every value that reaches one has been checked. */
export interface UserQueries<Row> {
  /** Undefined if no row can have this id. */
  parseId(id: unknown): UserId | undefined;
  findById(id: UserId): Promise<Row | null>;
  /**
   * The rows that the database takes for this login, `limit` at most.
   * @param hidden also those that the ORM hides, such as soft-deleted ones
   */
  findByLogin(login: string, how: LoginLookup, limit: number, hidden: boolean): Promise<readonly Row[]>;
  /** One INSERT. @returns the row; null if the database does not return it */
  insert(columns: Readonly<Record<string, unknown>>): Promise<Row | null>;
  /** One UPDATE; its condition is the id and the hash to replace. @returns whether it changed the row */
  setPasswordHash(id: UserId, hash: string, replaces: string | null): Promise<boolean>;
  /** The logins of any `limit` rows, hidden ones too. */
  logins(limit: number): Promise<readonly string[]>;
}

/** More rows than this for one login: something is very wrong with the table. */
const MANY = 10;

/** `UserStore` on a table that an ORM reads: the rules that hold for every ORM and database. */
export class TableUserStore<Row, Extra = unknown> implements UserStore<MappedUser<Row, Extra>> {
  readonly #survey: LoginSurvey;
  #toldOfTwins = false;

  constructor(
    private readonly mapping: ResolvedMapping<Row, Extra>,
    private readonly queries: UserQueries<Row>,
    private readonly sql: LoginSql,
  ) {
    this.#survey = new LoginSurvey((limit) => queries.logins(limit), mapping.mixedCase, sql);
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
      // A unique index refused the row. If the login is there now, it was the index on the login.
      if (isDuplicate(error) && (await this.#isThere(user.login))) throw new AuthError('login_taken', { cause: error });
      throw error;
    }
    row ??= (await this.#find(user.login, 'exact')).find((found) => this.#loginOf(found) === user.login) ?? null;
    if (!row) throw new Error('The new user cannot be read back.');
    return this.mapping.userOf(row);
  }

  async setPasswordHash(id: string, hash: string, replaces: string | null): Promise<boolean> {
    const key = this.queries.parseId(id);
    if (key === undefined || !isText(hash) || !(replaces === null || isText(replaces))) return false;
    return this.queries.setPasswordHash(key, hash, replaces);
  }

  /** @returns what is wrong with the logins of the table, and the SQL that shows it */
  async diagnose(): Promise<readonly string[]> {
    return this.#survey.warnings();
  }

  /**
   * Whether a row from before the library has this login in another spelling. Without a unique index on
   * `lower(login)`, only this check prevents a second account. The library itself never writes such a row.
   */
  async #hasTwin(login: string): Promise<boolean> {
    if (!this.mapping.mixedCase && !(await this.#survey.foundUnnormalised())) return false;
    const rows = await this.#find(login, 'lower', true);
    return rows.some((row) => isSameLogin(this.#loginOf(row), login));
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

  /** It is unclear whose login it is, so nobody gets in by it. */
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
  if (!isNormalised(login)) {
    const message = 'The login is not normalised. Pass it through normaliseLogin().';
    throw new AuthError('invalid_request', { message });
  }
}
