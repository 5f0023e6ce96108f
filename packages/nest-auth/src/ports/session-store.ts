/** One row per device that is logged in. It contains no token, only the digest of the family secret. */
export interface SessionRecord {
  /** A UUID. */
  readonly id: string;
  readonly userId: string;
  /** SHA-256 of the family secret, base64url. */
  readonly secretHash: string;
  /** How often the family was rotated; only the refresh token with the same number is current. */
  readonly generation: number;
  readonly createdAt: Date;
  /** When the current generation was created. */
  readonly rotatedAt: Date;
  /** End of inactivity; moves with each rotation. */
  readonly expiresAt: Date;
  /** Absolute end; never moves. */
  readonly absoluteExpiresAt: Date;
  readonly revokedAt: Date | null;
  readonly userAgent: string | null;
  readonly ip: string | null;
  /** How the user logged in: `amr` values (RFC 8176), at most 8, each 1 to 32 characters of `a-z 0-9 _ -`. */
  readonly methods: readonly string[];
  /** When the user last proved who they are. Only `reauthenticate` moves it, never a rotation. */
  readonly authenticatedAt: Date;
  /** Whether the session outlives the browser. */
  readonly remember: boolean;
  /** Who acts in the user's place (RFC 8693 §4.1); `null` if the user acts. */
  readonly actorId: string | null;
}

/** The answer of `advance`: whether this call changed the row, and the row afterwards. */
export interface Advance {
  readonly won: boolean;
  readonly session: SessionRecord;
}

/** One rotation: the conditions on the row, and what is written. */
export interface Rotation {
  readonly id: string;
  /**
   * SHA-256 of the family secret, base64url. Without it nobody can rotate a session, not even with a leaked server
   * secret.
   */
  readonly secretHash: string;
  readonly fromGeneration: number;
  readonly now: Date;
  readonly expiresAt: Date;
}

/** A user proved again who they are: the conditions on the row, and what is written. */
export interface Reauthentication {
  /** The new `authenticatedAt`. */
  readonly at: Date;
  /** All new `methods`, including the old ones. */
  readonly methods: readonly string[];
  /** The session must be live at this time. */
  readonly now: Date;
}

/** A page of a user's live sessions. */
export interface SessionPage {
  /** Sessions that have expired by this time are excluded. */
  readonly now: Date;
  readonly limit: number;
  /** How many of the newest to skip. @default 0 */
  readonly offset?: number;
}

/** Which of a user's sessions to revoke. */
export interface RevokeAllOptions {
  /** How many at most. */
  readonly limit: number;
  /** This session is not revoked. */
  readonly exceptId?: string;
  /** Only this session and older ones, by `createdAt` and then by `id`. @default all */
  readonly upTo?: Pick<SessionRecord, 'createdAt' | 'id'>;
}

/** A page of revoked sessions. */
export interface RevokedPage {
  readonly limit: number;
  /** The last session of the previous page. Its `revokedAt` is then `since`. */
  readonly afterId?: string;
}

/**
 * Stores sessions. Every method is one atomic step. A rejection means "the store is down" (503). A value of the wrong
 * type is rejected or finds nothing; it never means "any".
 */
export interface SessionStore {
  /**
   * Adds a row. It may be revoked already: `revokedSince` and `watchRevocations` then report it like any other
   * revocation.
   */
  create(session: SessionRecord): Promise<void>;
  find(id: string): Promise<SessionRecord | null>;
  /**
   * The rotation. If the row has this `secretHash` and this generation, is not revoked and is live at `now`, it adds
   * one to the generation, sets `rotatedAt` to `now` and `expiresAt` to the given time. One compare-and-swap: of
   * several callers with the same generation, exactly one wins. All of them get the row after the swap.
   * @returns `null` when there is no such row.
   */
  advance(rotation: Rotation): Promise<Advance | null>;
  /**
   * If the row is not revoked, is live at `now`, and its `authenticatedAt` is not later than `at`, it sets
   * `authenticatedAt` and `methods`. It sets no other field, so that a concurrent rotation keeps its changes. Of two
   * callers, the later `at` wins.
   * @returns whether this call wrote
   */
  reauthenticate(id: string, reauthentication: Reauthentication): Promise<boolean>;
  /** @returns whether this call revoked it: `false` if it does not exist or was revoked before. */
  revoke(id: string): Promise<boolean>;
  /**
   * Revokes at most `limit` sessions of a user. Fewer than `limit` ids mean that no session is left to revoke, even if
   * other callers revoke the same ones concurrently.
   * @returns the ids that this call revoked
   */
  revokeAll(userId: string, options: RevokeAllOptions): Promise<readonly string[]>;
  /**
   * The sessions that are live at `now`: not revoked, and before `expiresAt` and `absoluteExpiresAt`. Newest first by
   * `createdAt`, then by descending `id`.
   */
  listActive(userId: string, page: SessionPage): Promise<readonly SessionRecord[]>;
  /**
   * Removes the rows whose `absoluteExpiresAt` is before the given time. Unused rows also stay until then, so that no
   * column that a rotation writes needs an index.
   * @returns how many
   */
  deleteExpired(before: Date): Promise<number>;
  /**
   * Optional: lets several processes share revocations by polling. Returns the sessions revoked at or after `since`,
   * ordered by `revokedAt` and then by id. With `afterId`: those after (`since`, `afterId`) in that order.
   */
  revokedSince?(since: Date, page: RevokedPage): Promise<readonly RevokedSession[]>;
  /**
   * Optional: lets several processes share revocations by messages instead of polling.
   * @param onRevoked called for each revocation of any process, including this one
   * @param onLost called when messages may have been lost: the library then asks for the missed revocations
   * @returns a function that stops it
   */
  watchRevocations?(onRevoked: (revoked: RevokedSession) => void, onLost: () => void): Promise<() => Promise<void>>;
}

/** A session whose access tokens were revoked before they expired. */
export interface RevokedSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly revokedAt: Date;
}

/** Injection token of the port. */
export const SessionStore = Symbol.for('acme/nest-auth:SessionStore');
