/** A further credential of a user: a TOTP secret, a recovery code, a passkey, an API key, a linked identity. */
export interface CredentialRecord {
  /** A UUID. */
  readonly id: string;
  /** 1 to 255 characters, like every user's id, without a space at the end. */
  readonly userId: string;
  /** The name of the feature that owns it: 1 to 32 of `a-z`, `0-9` and `-`. */
  readonly kind: string;
  /** Unique within its kind, compared byte by byte. 1 to 512 characters. */
  readonly key: string;
  /** A JSON object of 16 KiB at most. Secrets in it are hashed or sealed. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Starts at 1; each update adds one. */
  readonly version: number;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  /** Only the caller evaluates it: the store returns expired credentials too, and keeps them until they are deleted. */
  readonly expiresAt: Date | null;
}

/** A credential to add. Its version is 1. */
export type NewCredential = Omit<CredentialRecord, 'version'>;

/** What an update changes. A field that is missing or `undefined` stays unchanged. */
export interface CredentialPatch {
  readonly key?: string;
  /** Replaces all of it. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly lastUsedAt?: Date;
  readonly expiresAt?: Date | null;
}

/**
 * Stores credentials for features. Every method is one atomic step. A rejection means "the store is down" (503). A
 * value of the wrong type is rejected or finds nothing; it never means "any".
 */
export interface CredentialStore {
  /**
   * Adds a credential.
   * @returns `false` if its id, or its key within its kind, exists. The database's unique index decides, not a query
   * before the insert.
   */
  create(credential: NewCredential): Promise<boolean>;
  find(kind: string, key: string): Promise<CredentialRecord | null>;
  /** A user's credentials, of one kind or of all. Oldest first by `createdAt`, then by `id`. */
  list(userId: string, kind?: string): Promise<readonly CredentialRecord[]>;
  /**
   * Changes a credential if it still has this version, and adds one to the version. One compare-and-swap: of several
   * callers with the same version, exactly one wins, so that a code or a counter works only once.
   * @returns `false` if it is gone, has another version, or the new key is taken
   */
  update(id: string, version: number, patch: CredentialPatch): Promise<boolean>;
  /** @returns whether this call deleted it: `false` if the user has no such credential. */
  delete(userId: string, id: string): Promise<boolean>;
  /** Deletes a user's credentials, of one kind or of all. @returns how many */
  deleteAll(userId: string, kind?: string): Promise<number>;
}

/** Injection token of the port. */
export const CredentialStore = Symbol.for('acme/nest-auth:CredentialStore');
