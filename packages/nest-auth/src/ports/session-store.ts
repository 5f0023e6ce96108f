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
}

/** What `advance` answers: whether this call moved the row, and the row as it stands afterwards. */
export interface Advance {
  readonly won: boolean;
  readonly session: SessionRecord;
}

/** Where sessions live. Every method is one atomic step; a rejection means "the store is down" (503). */
export interface SessionStore {
  create(session: SessionRecord): Promise<void>;
  find(id: string): Promise<SessionRecord | null>;
  /**
   * The rotation: where the row is at `fromGeneration`, is not revoked and lives at `now`, adds one to the
   * generation, sets `rotatedAt` to `now` and `expiresAt` to the given time. One compare-and-swap: of any number of
   * callers with one generation exactly one wins. Won or lost, the answer shows the row as it stands after the swap.
   * @returns `null` when there is no such row.
   */
  advance(id: string, fromGeneration: number, now: Date, expiresAt: Date): Promise<Advance | null>;
  /** @returns whether this call revoked it: `false` where there was none or it had been revoked before. */
  revoke(id: string): Promise<boolean>;
  /** Revokes each session of a user but `exceptId`. @returns the ids that this call revoked. */
  revokeAll(userId: string, exceptId?: string): Promise<readonly string[]>;
  /** The sessions that are not revoked, newest first by `createdAt`. Expired ones may be left out. */
  listActive(userId: string): Promise<readonly SessionRecord[]>;
  /**
   * Removes the rows whose `absoluteExpiresAt` lies before the given time. Rows that are merely unused wait until
   * then, so that no column that a rotation writes needs an index.
   * @returns how many
   */
  deleteExpired(before: Date): Promise<number>;
  /** Optional: lets several processes share revocations by asking. What was revoked at or after the given time. */
  revokedSince?(since: Date): Promise<readonly RevokedSession[]>;
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
