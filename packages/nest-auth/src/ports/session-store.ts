/** One row per device that is logged in. It holds no token, only the digest of the family's secret. */
export interface SessionRecord {
  /** A UUID. */
  readonly id: string;
  readonly userId: string;
  /** SHA-256 of the family secret, base64url. */
  readonly secretHash: string;
  /** How often the family was rotated; the refresh token of the same number is the live one. */
  readonly generation: number;
  readonly createdAt: Date;
  /** When the current generation was made. */
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
  /** Who acts in the user's place (RFC 8693 §4.1); `null` for the user in person. */
  readonly actorId: string | null;
}

/** What `advance` answers: whether this call moved the row, and the row as it stands afterwards. */
export interface Advance {
  readonly won: boolean;
  readonly session: SessionRecord;
}

/** One rotation: what must be true of the row, and what is written. */
export interface Rotation {
  readonly id: string;
  /** SHA-256 of the family secret, base64url. Nobody moves a session without it, a leaked server secret included. */
  readonly secretHash: string;
  readonly fromGeneration: number;
  readonly now: Date;
  readonly expiresAt: Date;
}

/** A user proved again who they are: what must be true of the row, and what is written. */
export interface Reauthentication {
  /** The new `authenticatedAt`. */
  readonly at: Date;
  /** The new `methods`: all of them, the old ones too. */
  readonly methods: readonly string[];
  /** The session must live then. */
  readonly now: Date;
}

/** A part of a user's live sessions. */
export interface SessionPage {
  /** Sessions that have expired by then are left out. */
  readonly now: Date;
  readonly limit: number;
  /** How many of the newest to skip. @default 0 */
  readonly offset?: number;
}

/** Which of a user's sessions to revoke. */
export interface RevokeAllOptions {
  /** How many at most. */
  readonly limit: number;
  /** This session is spared. */
  readonly exceptId?: string;
  /** Only this session and older ones, by `createdAt` and then by `id`. @default all */
  readonly upTo?: Pick<SessionRecord, 'createdAt' | 'id'>;
}

/** A part of what was revoked. */
export interface RevokedPage {
  readonly limit: number;
  /** The last session of the previous page. Its `revokedAt` is then `since`. */
  readonly afterId?: string;
}

/**
 * Where sessions live. Every method is one atomic step. A rejection means "the store is down" (503). A value of the
 * wrong type is rejected or finds nothing; it is never read as "any".
 */
export interface SessionStore {
  /**
   * Adds a row. It may be revoked already: `revokedSince` and watchers then tell of it like of any other revocation.
   */
  create(session: SessionRecord): Promise<void>;
  find(id: string): Promise<SessionRecord | null>;
  /**
   * The rotation. If the row has this `secretHash` and this generation, is not revoked and lives at `now`, it adds one
   * to the generation, sets `rotatedAt` to `now` and `expiresAt` to the given time. One compare-and-swap: of any number
   * of callers with one generation exactly one wins. Won or lost, the answer shows the row as it stands after the swap.
   * @returns `null` when there is no such row.
   */
  advance(rotation: Rotation): Promise<Advance | null>;
  /**
   * If the row is not revoked, lives at `now`, and its `authenticatedAt` is not later than `at`, it sets
   * `authenticatedAt` and `methods`, and no other field: a rotation at the same moment keeps what it wrote. Of two
   * callers the later `at` stands.
   * @returns whether this call wrote
   */
  reauthenticate(id: string, reauthentication: Reauthentication): Promise<boolean>;
  /** @returns whether this call revoked it: `false` if there is none or it was revoked before. */
  revoke(id: string): Promise<boolean>;
  /**
   * Revokes at most `limit` sessions of a user. Fewer than `limit` ids mean that no session is left to revoke, also
   * while other callers revoke the same ones.
   * @returns the ids that this call revoked
   */
  revokeAll(userId: string, options: RevokeAllOptions): Promise<readonly string[]>;
  /**
   * The sessions that live at `now`: not revoked, and before both of their ends. Newest first by `createdAt`, then by
   * descending `id`.
   */
  listActive(userId: string, page: SessionPage): Promise<readonly SessionRecord[]>;
  /**
   * Removes the rows whose `absoluteExpiresAt` lies before the given time. Rows that are merely unused wait until
   * then, so that no column that a rotation writes needs an index.
   * @returns how many
   */
  deleteExpired(before: Date): Promise<number>;
  /**
   * Optional: lets several processes share revocations by asking. What was revoked at or after `since`, ordered by
   * `revokedAt` and then by id. With `afterId`: what follows (`since`, `afterId`) in that order.
   */
  revokedSince?(since: Date, page: RevokedPage): Promise<readonly RevokedSession[]>;
  /**
   * Optional: lets several processes share revocations by being told, in place of asking.
   * @param onRevoked called for each revocation of any process, this one's among them
   * @param onLost called when messages may have been missed: what was revoked meanwhile is then asked for
   * @returns how to stop
   */
  watchRevocations?(onRevoked: (revoked: RevokedSession) => void, onLost: () => void): Promise<() => Promise<void>>;
}

/** A session whose access tokens are dead before their time. */
export interface RevokedSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly revokedAt: Date;
}

/** Injection token of the port. */
export const SessionStore = Symbol.for('acme/nest-auth:SessionStore');
