/**
 * What the library reads of a user. An app's own user type may carry more; see `Register`.
 */
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
  /** Set: the account can neither log in nor refresh. */
  readonly disabledAt?: Date | null;
}

/** What a registration asks the store to keep. */
export interface NewUser {
  readonly login: string;
  readonly passwordHash: string | null;
  /** Chosen by the app (`register.roles`), never by the caller. */
  readonly roles: readonly string[];
  /** The extra fields that `register.schema` let through; empty without a schema. */
  readonly profile: Readonly<Record<string, unknown>>;
}

/**
 * The team's users table. Logins arrive normalised; a value that is not a string never reaches a query. Each user that
 * it hands over is checked against `AuthUser`; one that does not fit is a 500 and a line in the log.
 *
 * A method that rejects means "the store is down": the request answers 503. A `NotFoundException` means "nobody", a
 * `ConflictException` of `create` or `setLogin` "taken"; other HTTP exceptions go to the client as they are.
 */
export interface UserStore<TUser extends AuthUser = AuthUser> {
  findById(id: string): Promise<TUser | null>;
  findByLogin(login: string): Promise<TUser | null>;
  /**
   * Inserts a user.
   * @throws AuthError `login_taken` when the login exists. The database's unique index decides, not a look before.
   */
  create(user: NewUser): Promise<TUser>;
  /**
   * Replaces the password hash only if it still equals `replaces` (compare-and-swap).
   * @param hash `null` leaves the account without a password
   * @returns whether the row was changed.
   */
  setPasswordHash(id: string, hash: string | null, replaces: string | null): Promise<boolean>;
  /**
   * For features that send mail. Marks the user's address as verified, only if it still is `address` (compare-and-swap).
   * @returns whether the row was changed
   */
  setEmailVerified?(id: string, address: string, at: Date): Promise<boolean>;
  /**
   * For features that change logins. Replaces the login only if it still equals `replaces` (compare-and-swap), the login
   * as the store handed it over.
   * @returns whether the row was changed
   * @throws AuthError `login_taken` when another account has the login. The database's unique index decides, as in `create`
   */
  setLogin?(id: string, login: string, replaces: string): Promise<boolean>;
  /**
   * Called once, in the background after boot. Says what is wrong with the table, such as logins that nobody can log in
   * with, and how to find the rows. It must not show values of rows, and must be cheap on a table of any size.
   * @returns one warning for each problem; they are logged
   */
  diagnose?(): Promise<readonly string[]>;
}

/** Injection token of the port. */
export const UserStore = Symbol.for('acme/nest-auth:UserStore');
