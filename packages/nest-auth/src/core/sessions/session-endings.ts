import type { RevokeAllOptions, SessionStore } from '../../ports/session-store.js';
import { text } from '../arguments.js';
import type { AuthEvents, RevocationReason } from '../auth-event.js';
import { tombstoneOf } from '../refresh-tokens/tombstone.js';
import type { Revocations } from '../revocation/revocations.js';
import type { Clock } from '../time.js';
import type { EndingSessions, SessionHooks } from './session-hooks.js';

export interface SessionEndingsOptions {
  readonly store: SessionStore;
  readonly revocations: Revocations | undefined;
  readonly events: AuthEvents;
  readonly clock: Clock;
  /** How long an access token can live, clock differences included, in seconds. */
  readonly accessLifetime: number;
  /** Hooks of features. @default none */
  readonly hooks?: readonly SessionHooks[];
}

/** How many sessions one statement ends, so that no transaction or answer grows with a user's sessions. */
const BATCH = 1000;

/** Ends sessions and their access tokens. */
export class SessionEndings {
  constructor(private readonly options: SessionEndingsOptions) {}

  /** Ends a session that is known to be the user's. @returns whether it had not ended before */
  async end(userId: string, sessionId: string, reason: RevocationReason): Promise<boolean> {
    const { store, revocations, events } = this.options;
    text(userId, 'userId');
    text(sessionId, 'sessionId');
    const isEnded = await this.#endElsewhere(userId, { sessionId });
    const revoked = (await store.revoke(sessionId)) || isEnded;
    revocations?.addSession(sessionId);
    if (revoked) events.emit('session_revoked', { userId, sessionId, reason });
    return revoked;
  }

  /** In batches, until none is left. @returns how many it ended */
  async endAll(userId: string, which: Omit<RevokeAllOptions, 'limit'>, reason: RevocationReason): Promise<number> {
    const { store, revocations, events } = this.options;
    if (!which.upTo) await this.#endElsewhere(userId, { exceptId: which.exceptId });
    let total = 0;
    for (;;) {
      const ended = await store.revokeAll(userId, { ...which, limit: BATCH });
      for (const sessionId of ended) {
        revocations?.addSession(sessionId);
        events.emit('session_revoked', { userId, sessionId, reason });
      }
      total += ended.length;
      if (ended.length < BATCH) return total;
    }
  }

  /** Ends sessions without rows. This comes first, so that a failed logout can be repeated. */
  async #endElsewhere(userId: string, ending: EndingSessions): Promise<boolean> {
    let isEnded = false;
    for (const hook of this.options.hooks ?? []) {
      if (await hook.beforeEnding?.(userId, ending)) isEnded = true;
    }
    return isEnded;
  }

  /** The rows may have been deleted together with their user. Then a tombstone tells other processes. */
  async endWithoutRows(userId: string): Promise<void> {
    const { store, revocations, clock, accessLifetime } = this.options;
    if (!revocations) return;
    const tombstone = tombstoneOf(userId, clock(), accessLifetime);
    revocations.addUser(userId, tombstone.id);
    await store.create(tombstone);
  }
}
