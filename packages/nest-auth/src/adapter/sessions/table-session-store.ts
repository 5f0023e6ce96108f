import {
  type Advance,
  assertReauthentication,
  type Reauthentication,
  type RevokeAllOptions,
  type RevokedPage,
  type RevokedSession,
  type Rotation,
  type SessionPage,
  type SessionRecord,
  type SessionStore,
} from '@acme/nest-auth';
import { isText, isUuid } from '../text.js';
import { countOf, isRotation, methodsText, type SessionRow, sessionOf, sessionRow, timeOf } from './session-values.js';

/** How and when a user proved again who they are, as a table stores it: the methods are text. */
export type ReauthenticationRow = Omit<Reauthentication, 'methods'> & Pick<SessionRow, 'methods'>;

/**
 * The statements of a sessions table. All values that they get have been checked. A session is live if `revokedAt` is
 * null and both `expiresAt` and `absoluteExpiresAt` are later than `now`.
 */
export interface SessionQueries {
  insert(row: SessionRow): PromiseLike<unknown>;
  find(id: string): PromiseLike<SessionRow | null | undefined>;
  /**
   * One UPDATE; its condition is the id, the `secretHash`, the generation, and that the session is live. It adds one to
   * the generation, sets `rotatedAt` to `now`, and `expiresAt`.
   * @returns the row as it wrote it; if the database does not return it, how many rows it changed
   */
  advance(rotation: Rotation): PromiseLike<SessionRow | number | null | undefined>;
  /**
   * One UPDATE; its condition is the id, that the session is live, and that `authenticatedAt` is not later than `at`.
   * It sets `authenticatedAt` to `at`, and `methods`.
   * @returns how many rows it changed
   */
  reauthenticate(id: string, row: ReauthenticationRow): PromiseLike<number>;
  /** Sets `revokedAt` if it is null. @returns how many rows it changed */
  revoke(id: string, revokedAt: Date): PromiseLike<number>;
  /**
   * Revokes the newest `limit` sessions that are not revoked, by `createdAt` and then by `id`. It skips sessions that
   * another caller has revoked meanwhile and takes further ones; see `revokeInBatches`.
   * @returns the ids that it revoked
   */
  revokeAll(userId: string, which: RevokeAllOptions, revokedAt: Date): PromiseLike<readonly string[]>;
  /** The live sessions, newest first by `createdAt`, then by descending `id`. */
  listActive(userId: string, page: Required<SessionPage>): PromiseLike<readonly SessionRow[]>;
  /** Deletes the rows whose `absoluteExpiresAt` is before this time. @returns how many */
  deleteExpired(before: Date): PromiseLike<number>;
  /** By `revokedAt` from `since` on, then by `id`; with `afterId`, those after (`since`, `afterId`) in that order. */
  revokedSince(since: Date, page: RevokedPage): PromiseLike<readonly RevokedRow[]>;
}

/** The part of a row about its revocation. `revokedAt` is nullable only because the column is. */
type RevokedRow = Pick<SessionRow, 'id' | 'userId' | 'revokedAt'>;

/** `SessionStore` on a table: the rules for every database. An adapter provides the statements. */
export class TableSessionStore implements SessionStore {
  constructor(private readonly queries: SessionQueries) {}

  async create(session: SessionRecord): Promise<void> {
    await this.queries.insert(sessionRow(session));
  }

  async find(id: string): Promise<SessionRecord | null> {
    const row = isUuid(id) ? await this.queries.find(id) : null;
    return row ? sessionOf(row) : null;
  }

  async advance({ id, secretHash, fromGeneration, now, expiresAt }: Rotation): Promise<Advance | null> {
    const rotation = { id, secretHash, fromGeneration, now: timeOf(now), expiresAt: timeOf(expiresAt) };
    const advanced = isRotation(rotation) ? await this.queries.advance(rotation) : 0;
    if (advanced && typeof advanced === 'object') return { won: true, session: sessionOf(advanced) };
    // A separate statement, because within the UPDATE a database may show the row before the winner's write.
    const session = await this.find(id);
    if (!session || advanced !== 1) return session && { won: false, session };
    // Another caller may write between the two statements, so the winner returns what it wrote itself.
    const written = { generation: fromGeneration + 1, rotatedAt: now, expiresAt, revokedAt: null };
    return { won: true, session: { ...session, ...written } };
  }

  async reauthenticate(id: string, reauthentication: Reauthentication): Promise<boolean> {
    const { at, methods, now } = assertReauthentication(reauthentication);
    return isUuid(id) && (await this.queries.reauthenticate(id, { at, methods: methodsText(methods), now })) === 1;
  }

  async revoke(id: string): Promise<boolean> {
    return isUuid(id) && (await this.queries.revoke(id, new Date())) === 1;
  }

  async revokeAll(userId: string, { limit, exceptId, upTo }: RevokeAllOptions): Promise<readonly string[]> {
    if (!isText(userId)) return [];
    const which = {
      limit: countOf(limit),
      // Sessions have only UUIDs, so any other id would exclude none.
      ...(isUuid(exceptId) && { exceptId }),
      ...(upTo && { upTo: { createdAt: timeOf(upTo.createdAt), id: idOf(upTo.id) } }),
    };
    return this.queries.revokeAll(userId, which, new Date());
  }

  async listActive(userId: string, { now, limit, offset = 0 }: SessionPage): Promise<readonly SessionRecord[]> {
    if (!isText(userId)) return [];
    const page = { now: timeOf(now), limit: countOf(limit), offset: countOf(offset) };
    return (await this.queries.listActive(userId, page)).map(sessionOf);
  }

  async deleteExpired(before: Date): Promise<number> {
    return this.queries.deleteExpired(timeOf(before));
  }

  async revokedSince(since: Date, { limit, afterId }: RevokedPage): Promise<readonly RevokedSession[]> {
    const page = { limit: countOf(limit), ...(afterId !== undefined && { afterId: idOf(afterId) }) };
    const rows = await this.queries.revokedSince(timeOf(since), page);
    return rows.flatMap(({ id, userId, revokedAt }) => (revokedAt ? [{ sessionId: id, userId, revokedAt }] : []));
  }
}

function idOf(id: string): string {
  if (!isUuid(id)) throw new TypeError('The id of a session is not a UUID.');
  return id;
}
