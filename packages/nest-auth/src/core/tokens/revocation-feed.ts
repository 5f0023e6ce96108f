import type { RevokedSession, SessionStore } from '../../ports/session-store.js';
import { Periodic } from '../resilience/periodic.js';
import type { Clock } from '../time.js';
import type { Revocations } from './revocations.js';

export interface RevocationFeedOptions {
  readonly store: SessionStore;
  /** `watchRevocations` of the store itself, without a deadline: a connection that comes late must still be ended. */
  readonly watch: SessionStore['watchRevocations'];
  readonly revocations: Revocations;
  /** How long an access token can live, tolerance included, in seconds. */
  readonly lifetime: number;
  readonly clock: Clock;
}

/** A logout is known to every process within this time and the store's own. */
const POLL_MS = 500;
/** Where the store pushes, asking is the safety net. */
const POLL_BEHIND_WATCH_MS = 5_000;
/** Revocations that are asked for at a time. */
const PAGE = 1000;
/** By how much the clocks of processes (60 s at most) and the times of their commits may differ. */
const OVERLAP_MS = 120_000;
/** After this long without an answer nobody can say who is still logged in. */
const STALE_AFTER_MS = 3_000;

/**
 * Shares revocations between processes: loads them at boot, is told of new ones where the store can push, and asks
 * for them otherwise. A store that stops answering makes access tokens unverifiable (503), not valid.
 */
export class RevocationFeed {
  readonly #poll = new Periodic(
    () => this.#ask(),
    () => (this.#stopWatching && this.#answered ? POLL_BEHIND_WATCH_MS : POLL_MS),
  );
  #seenUntil: number;
  #lastAnswer = 0;
  #answered = false;
  #watching = false;
  #stopped = false;
  #stopWatching: (() => Promise<void>) | undefined;

  constructor(private readonly options: RevocationFeedOptions) {
    this.#seenUntil = options.clock() - options.lifetime * 1000;
  }

  /** Does nothing where the store cannot tell: then each process knows of its own revocations only. */
  async start(): Promise<void> {
    const { store, revocations } = this.options;
    if (!store.revokedSince) return;
    revocations.current = false;
    await this.#ask();
    this.#poll.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#poll.stop();
    await this.#stopWatching?.();
  }

  /** Not waited for: until the connection stands, the answers are merely slower. */
  async #watch(): Promise<void> {
    const { watch } = this.options;
    if (!watch || this.#watching) return;
    this.#watching = true;
    try {
      const stop = await watch(
        (revoked) => this.#add(revoked),
        () => void this.#ask(),
      );
      this.#stopWatching = stop;
      if (this.#stopped) await stop();
    } catch {
      this.#watching = false;
    }
  }

  async #ask(): Promise<void> {
    const { store, revocations, clock } = this.options;
    const askedAt = clock();
    void this.#watch();
    try {
      let page: readonly RevokedSession[];
      let [since, afterId]: [Date, string | undefined] = [new Date(this.#seenUntil), undefined];
      do {
        page = (await store.revokedSince?.(since, { limit: PAGE, afterId })) ?? [];
        for (const one of page) this.#add(one);
        const last = page.at(-1);
        if (last) [since, afterId] = [last.revokedAt, last.sessionId];
      } while (page.length === PAGE);
      this.#seenUntil = Math.max(this.#seenUntil, askedAt - OVERLAP_MS);
      this.#lastAnswer = performance.now();
      this.#answered = true;
      revocations.current = true;
    } catch {
      this.#answered = false;
      if (performance.now() - this.#lastAnswer > STALE_AFTER_MS) revocations.current = false;
    }
  }

  #add({ sessionId }: RevokedSession): void {
    this.options.revocations.addSession(sessionId);
  }
}
