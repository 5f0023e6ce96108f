import { randomUUID } from 'node:crypto';
import type { SessionRecord, SessionStore } from '../../ports/session-store.js';

export interface SessionLimitOptions {
  /** How many live sessions a user may have at a time. */
  readonly max: number;
  /** What a login does if the user already has `max` live sessions: end the oldest, or refuse. */
  readonly whenFull: 'end-oldest' | 'refuse';
}

interface Added {
  /** The session as it was stored. */
  readonly session: SessionRecord;
  /** The newest session beyond the limit; all older ones are beyond it too. */
  readonly surplus: SessionRecord | undefined;
}

/**
 * Writes new sessions and says which older ones have to end. It checks after writing: among parallel logins, the last
 * writer sees all the others, so they cannot exceed the limit together.
 */
export class SessionLimit {
  constructor(
    private readonly store: SessionStore,
    private readonly options: SessionLimitOptions,
  ) {}

  /** @returns `null` if the user has too many sessions; then this session is not live */
  async add(session: SessionRecord): Promise<Added | null> {
    const { max, whenFull } = this.options;
    if (whenFull === 'end-oldest') return this.#addNewest(session);
    // Checked first, so that a refusal writes nothing.
    if (await this.#liveAfter(max - 1, session)) return null;
    if (!(await this.#add(session)).surplus) return { session, surplus: undefined };
    await this.store.revoke(session.id);
    return null;
  }

  async #addNewest(session: SessionRecord): Promise<Added> {
    const added = await this.#add(session);
    if (!added.surplus || isNewer(session, added.surplus)) return added;
    // This session would end itself, because another process's clock is ahead or stands still. Start again as the
    // newest.
    await this.store.revoke(session.id);
    const newest = await this.#liveAfter(0, session);
    const createdAt = new Date(Math.max(session.createdAt.getTime(), (newest?.createdAt.getTime() ?? 0) + 1));
    return this.#add({ ...session, id: randomUUID(), createdAt });
  }

  async #add(session: SessionRecord): Promise<Added> {
    await this.store.create(session);
    try {
      return { session, surplus: await this.#liveAfter(this.options.max, session) };
    } catch (error) {
      // Nobody gets its tokens, but while it lives, it takes one of the user's places.
      await this.store.revoke(session.id).catch(() => {});
      throw error;
    }
  }

  /** The user's newest live session after the `offset` newest ones. */
  async #liveAfter(offset: number, { userId, rotatedAt: now }: SessionRecord): Promise<SessionRecord | undefined> {
    const [session] = await this.store.listActive(userId, { now, limit: 1, offset });
    return session;
  }
}

function isNewer(a: SessionRecord, b: SessionRecord): boolean {
  const difference = a.createdAt.getTime() - b.createdAt.getTime();
  return difference > 0 || (difference === 0 && a.id > b.id);
}
