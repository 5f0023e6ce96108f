import { assertReauthentication, assertSessionRecord } from '../core/sessions/session-record.js';
import type {
  Advance,
  Reauthentication,
  RevokeAllOptions,
  RevokedPage,
  RevokedSession,
  Rotation,
  SessionPage,
  SessionRecord,
  SessionStore,
} from '../ports/session-store.js';
import { MemoryStore } from './memory-store.js';

/** The reference implementation of `SessionStore`. Each method runs without an await, so it is atomic. */
export class MemorySessionStore extends MemoryStore implements SessionStore {
  readonly #sessions = new Map<string, SessionRecord>();

  async create(session: SessionRecord): Promise<void> {
    assertSessionRecord(session);
    this.#sessions.set(session.id, { ...session, methods: [...session.methods] });
  }

  async find(id: string): Promise<SessionRecord | null> {
    return this.#sessions.get(id) ?? null;
  }

  async advance({ id, secretHash, fromGeneration, now, expiresAt }: Rotation): Promise<Advance | null> {
    const session = this.#sessions.get(id);
    if (!session) return null;
    assertDates(now, expiresAt);
    const isAtIt = session.secretHash === secretHash && session.generation === fromGeneration;
    if (!isAtIt || !livesAt(now, session)) return { won: false, session };
    const advanced = { ...session, generation: fromGeneration + 1, rotatedAt: now, expiresAt };
    this.#sessions.set(id, advanced);
    return { won: true, session: advanced };
  }

  async reauthenticate(id: string, reauthentication: Reauthentication): Promise<boolean> {
    const { at, methods, now } = assertReauthentication(reauthentication);
    const session = this.#sessions.get(id);
    if (!session || !livesAt(now, session) || session.authenticatedAt > at) return false;
    this.#sessions.set(id, { ...session, authenticatedAt: at, methods: [...methods] });
    return true;
  }

  async revoke(id: string): Promise<boolean> {
    const session = this.#sessions.get(id);
    if (!session || session.revokedAt) return false;
    this.#sessions.set(id, { ...session, revokedAt: new Date(this.clock()) });
    return true;
  }

  async revokeAll(userId: string, { exceptId, upTo, limit }: RevokeAllOptions): Promise<readonly string[]> {
    const most = countOf(limit);
    const ids: string[] = [];
    for (const session of this.#sessions.values()) {
      if (ids.length >= most) break;
      if (session.userId !== userId || session.revokedAt || session.id === exceptId) continue;
      if (!upTo || newestFirst(upTo, session) <= 0) ids.push(session.id);
    }
    for (const id of ids) void this.revoke(id);
    return ids;
  }

  async listActive(userId: string, { now, limit, offset = 0 }: SessionPage): Promise<readonly SessionRecord[]> {
    assertDates(now);
    return [...this.#sessions.values()]
      .filter((session) => session.userId === userId && livesAt(now, session))
      .sort(newestFirst)
      .slice(countOf(offset), offset + countOf(limit));
  }

  async deleteExpired(before: Date): Promise<number> {
    assertDates(before);
    const expired = [...this.#sessions.values()].filter((session) => session.absoluteExpiresAt < before);
    for (const { id } of expired) this.#sessions.delete(id);
    return expired.length;
  }

  async revokedSince(since: Date, { limit, afterId }: RevokedPage): Promise<readonly RevokedSession[]> {
    assertDates(since);
    return [...this.#sessions.values()]
      .flatMap(({ id, userId, revokedAt }) => (revokedAt ? [{ sessionId: id, userId, revokedAt }] : []))
      .filter(({ sessionId, revokedAt }) => {
        const later = revokedAt.getTime() - since.getTime();
        return later > 0 || (later === 0 && (afterId === undefined || sessionId > afterId));
      })
      .sort((a, b) => a.revokedAt.getTime() - b.revokedAt.getTime() || (a.sessionId < b.sessionId ? -1 : 1))
      .slice(0, countOf(limit));
  }
}

type Age = Pick<SessionRecord, 'createdAt' | 'id'>;

function newestFirst(a: Age, b: Age): number {
  return b.createdAt.getTime() - a.createdAt.getTime() || (a.id === b.id ? 0 : a.id > b.id ? -1 : 1);
}

function livesAt(now: Date, { revokedAt, expiresAt, absoluteExpiresAt }: SessionRecord): boolean {
  return !revokedAt && now < expiresAt && now < absoluteExpiresAt;
}

/** A value such as `undefined` would compare as neither before nor after. */
function assertDates(...times: readonly Date[]): void {
  for (const time of times) if (!(time instanceof Date)) throw new TypeError('A time is not a Date.');
}

function countOf(count: number): number {
  if (!Number.isInteger(count) || count < 0) throw new TypeError('A limit or an offset is not a whole number.');
  return count;
}
