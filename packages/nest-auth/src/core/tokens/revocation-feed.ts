import type { RevokedSession, SessionStore } from '../../ports/session-store.js';
import { Periodic } from '../resilience/periodic.js';
import type { Clock } from '../time.js';
import type { Revocations } from './revocations.js';

export interface RevocationFeedOptions {
  readonly store: SessionStore;
  readonly revocations: Revocations;
  /** How long an access token can live, tolerance included, in seconds. */
  readonly lifetime: number;
  readonly clock: Clock;
}

/** A logout is known to every process within this time and the store's own. */
const POLL_MS = 500;
/** Where the store pushes, asking is the safety net. */
const POLL_BEHIND_WATCH_MS = 5_000;
/** By how much the clocks of processes and the times of their commits may differ. */
const OVERLAP_MS = 60_000;
/** After this long without an answer nobody can say who is still logged in. */
const STALE_AFTER_MS = 3_000;

/**
 * Shares revocations between processes: loads them at boot, is told of new ones where the store can push, and asks
 * for them otherwise. A store that stops answering makes access tokens unverifiable (503), not valid.
 */
export class RevocationFeed {
  readonly #poll: Periodic;
  #seenUntil: number;
  #lastAnswer = 0;
  #stopWatching: (() => Promise<void>) | undefined;

  constructor(private readonly options: RevocationFeedOptions) {
    this.#seenUntil = options.clock() - options.lifetime * 1000;
    this.#poll = new Periodic(() => this.#ask(), options.store.watchRevocations ? POLL_BEHIND_WATCH_MS : POLL_MS);
  }

  /** Does nothing where the store cannot tell: then each process knows of its own revocations only. */
  async start(): Promise<void> {
    const { store, revocations } = this.options;
    if (!store.revokedSince) return;
    revocations.current = false;
    await this.#watch();
    await this.#ask();
    this.#poll.start();
  }

  async stop(): Promise<void> {
    await this.#poll.stop();
    await this.#stopWatching?.();
  }

  async #watch(): Promise<void> {
    const { store } = this.options;
    if (!store.watchRevocations || this.#stopWatching) return;
    try {
      this.#stopWatching = await store.watchRevocations(
        (revoked) => this.#add(revoked),
        () => void this.#ask(),
      );
    } catch {
      // Tried again with the next question; until then the answers are merely slower.
    }
  }

  async #ask(): Promise<void> {
    const { store, revocations, clock } = this.options;
    const askedAt = clock();
    try {
      await this.#watch();
      const revoked = (await store.revokedSince?.(new Date(this.#seenUntil))) ?? [];
      for (const one of revoked) this.#add(one);
      this.#seenUntil = Math.max(this.#seenUntil, askedAt - OVERLAP_MS);
      this.#lastAnswer = performance.now();
      revocations.current = true;
    } catch {
      if (performance.now() - this.#lastAnswer > STALE_AFTER_MS) revocations.current = false;
    }
  }

  #add({ sessionId }: RevokedSession): void {
    this.options.revocations.addSession(sessionId);
  }
}
