import type {
  Advance,
  RevokeAllOptions,
  RevokedPage,
  RevokedSession,
  Rotation,
  SessionPage,
  SessionRecord,
  SessionStore,
} from '@acme/nest-auth';
import { countOf, isCount, sessionRow, timeOf } from './session-values.js';
import { isText, isUuid } from './text.js';

/**
 * The statements of a sessions table. Every value that reaches one has been checked. A session lives if `revokedAt` is
 * null and both `expiresAt` and `absoluteExpiresAt` are later than `now`.
 */
export interface SessionQueries {
  insert(session: SessionRecord): Promise<unknown>;
  find(id: string): Promise<SessionRecord | null | undefined>;
  /**
   * One UPDATE; its condition is the id, the `secretHash`, the generation, and that the session lives. It adds one to
   * the generation, sets `rotatedAt` to `now`, and `expiresAt`.
   * @returns the row as it wrote it; nothing if it changed none
   */
  advance(rotation: Rotation): Promise<SessionRecord | null | undefined>;
  /** Sets `revokedAt` if it is null. @returns how many rows it changed */
  revoke(id: string, revokedAt: Date): Promise<number>;
  /**
   * Revokes the newest `limit` sessions that are not revoked, by `createdAt` and then by `id`. It skips what another
   * caller has revoked meanwhile and takes further ones; see `revokeInBatches`.
   * @returns the ids that it revoked
   */
  revokeAll(userId: string, which: RevokeAllOptions, revokedAt: Date): Promise<readonly string[]>;
  /** Those that live, newest first by `createdAt`, then by descending `id`. */
  listActive(userId: string, page: Required<SessionPage>): Promise<readonly SessionRecord[]>;
  /** Deletes what has its `absoluteExpiresAt` before this time. @returns how many rows */
  deleteExpired(before: Date): Promise<number>;
  /** By `revokedAt` from `since` on, then by `id`; with `afterId` what follows (`since`, `afterId`) in that order. */
  revokedSince(since: Date, page: RevokedPage): Promise<readonly RevokedSession[]>;
}

/** `SessionStore` on a table: the rules that hold for every database. An adapter brings the statements. */
export class TableSessionStore implements SessionStore {
  constructor(private readonly queries: SessionQueries) {}

  async create(session: SessionRecord): Promise<void> {
    await this.queries.insert(sessionRow(session));
  }

  async find(id: string): Promise<SessionRecord | null> {
    return isUuid(id) ? ((await this.queries.find(id)) ?? null) : null;
  }

  async advance({ id, secretHash, fromGeneration, now, expiresAt }: Rotation): Promise<Advance | null> {
    if (!isUuid(id)) return null;
    const rotation = { id, secretHash, fromGeneration, now: timeOf(now), expiresAt: timeOf(expiresAt) };
    const isPossible = isText(secretHash) && isCount(fromGeneration);
    const advanced = isPossible ? await this.queries.advance(rotation) : undefined;
    if (advanced) return { won: true, session: advanced };
    // A separate statement: within the UPDATE's, a database may show the row from before the winner's write.
    const session = await this.find(id);
    return session && { won: false, session };
  }

  async revoke(id: string): Promise<boolean> {
    return isUuid(id) && (await this.queries.revoke(id, new Date())) === 1;
  }

  async revokeAll(userId: string, { limit, exceptId, upTo }: RevokeAllOptions): Promise<readonly string[]> {
    if (!isText(userId)) return [];
    const which = {
      limit: countOf(limit),
      // No session has another id, so nothing would be spared.
      ...(isUuid(exceptId) && { exceptId }),
      ...(upTo && { upTo: { createdAt: timeOf(upTo.createdAt), id: idOf(upTo.id) } }),
    };
    return this.queries.revokeAll(userId, which, new Date());
  }

  async listActive(userId: string, { now, limit, offset = 0 }: SessionPage): Promise<readonly SessionRecord[]> {
    if (!isText(userId)) return [];
    return this.queries.listActive(userId, { now: timeOf(now), limit: countOf(limit), offset: countOf(offset) });
  }

  async deleteExpired(before: Date): Promise<number> {
    return this.queries.deleteExpired(timeOf(before));
  }

  async revokedSince(since: Date, { limit, afterId }: RevokedPage): Promise<readonly RevokedSession[]> {
    const page = { limit: countOf(limit), ...(afterId !== undefined && { afterId: idOf(afterId) }) };
    return this.queries.revokedSince(timeOf(since), page);
  }
}

function idOf(id: string): string {
  if (!isUuid(id)) throw new TypeError('The id of a session is not a UUID.');
  return id;
}
