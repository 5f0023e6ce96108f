/** The fields of a user that the library reads. An app's own user type may have more; see `Register`. */
export interface AuthUser {
  /** Stable identifier, the `sub` of every token: a string. A number or bigint of a row is converted. */
  readonly id: string;
  /** The normalised login (NFKC, trimmed, lower case). */
  readonly login: string;
  /** An encoded password hash, or `null` for an account that has no password. */
  readonly passwordHash: string | null;
  readonly roles: readonly string[];
  readonly permissions?: readonly string[];
  readonly emailVerifiedAt?: Date | null;
  /** If set, the account can neither log in nor refresh. */
  readonly disabledAt?: Date | null;
}

/** What a registration stores. */
export interface NewUser {
  readonly login: string;
  readonly passwordHash: string | null;
  /** Chosen by the app (`register.roles`), never by the caller. */
  readonly roles: readonly string[];
  /** The extra fields that `register.schema` accepted; empty without a schema. */
  readonly profile: Readonly<Record<string, unknown>>;
}

/**
 * The team's users table. Logins arrive normalised; a value that is not a string never reaches a query. Each user that
 * it returns is checked against `AuthUser`; an invalid user causes a 500 and a line in the log.
 *
 * A method that rejects means "the store is down": the request answers 503. A `NotFoundException` means "no such user",
 * and a `ConflictException` of `create` or `setLogin` means "taken". Other HTTP exceptions go to the client unchanged.
 */
export interface UserStore<TUser extends AuthUser = AuthUser> {
  findById(id: string): Promise<TUser | null>;
  findByLogin(login: string): Promise<TUser | null>;
  /**
   * Inserts a user.
   * @throws AuthError `login_taken` when the login exists. The database's unique index decides, not a query before the
   * insert.
   */
  create(user: NewUser): Promise<TUser>;
  /**
   * Replaces the password hash only if it still equals `replaces` (compare-and-swap).
   * @param hash `null` removes the password
   * @returns whether the row was changed.
   */
  setPasswordHash(id: string, hash: string | null, replaces: string | null): Promise<boolean>;
  /**
   * For features that send mail. Marks the user's address as verified, only if the address is still `address`
   * (compare-and-swap).
   * @returns whether the row was changed
   */
  setEmailVerified?(id: string, address: string, at: Date): Promise<boolean>;
  /**
   * For features that change logins. Replaces the login only if it still equals `replaces` (compare-and-swap), which is
   * the login that the store returned.
   * @returns whether the row was changed
   * @throws AuthError `login_taken` when another account has the login. The database's unique index decides, as in
   * `create`
   */
  setLogin?(id: string, login: string, replaces: string): Promise<boolean>;
  /**
   * Called once, in the background after boot. Reports problems of the table, such as logins that cannot be used, and
   * how to find the rows. It must not show values of rows, and must be cheap on a table of any size.
   * @returns one warning for each problem; they are logged
   */
  diagnose?(): Promise<readonly string[]>;
}

/** Injection token of the port. */
export const UserStore = Symbol.for('acme/nest-auth:UserStore');
