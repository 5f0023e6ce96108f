import type { RevokedSession, SessionStore } from '../../ports/session-store.js';
import { AuthError } from '../errors/auth-error.js';
import { Trace } from '../errors/trace.js';
import { isTombstone } from '../refresh-tokens/tombstone.js';
import { ElapsedTime, type Moment, NEVER } from '../resilience/elapsed-time.js';
import { Periodic } from '../resilience/periodic.js';
import type { Clock } from '../time.js';
import type { RevocationSource, Revocations } from './revocations.js';

export interface RevocationFeedOptions {
  readonly store: SessionStore;
  /**
   * `watchRevocations` of the store itself, without a deadline: a connection that is established late must still be
   * closed.
   */
  readonly watch: SessionStore['watchRevocations'];
  readonly revocations: Revocations;
  /** How long an access token can live, clock differences included, in seconds. */
  readonly lifetime: number;
  /** Clock difference plus the time until others can read a write, in seconds. */
  readonly overlap: number;
  readonly clock: Clock;
  /** Called with the reason if the first question fails. */
  readonly onFailedStart: (reason: string) => void;
  /** @default the clocks of the process */
  readonly elapsed?: ElapsedTime;
}

/** Every process learns of a logout within this time plus the store's own delay. */
const POLL_MS = 500;
/** If the store pushes, polling checks that it still answers. */
const POLL_BEHIND_WATCH_MS = 1_000;
/** How many revocations are requested at a time. */
const PAGE = 1000;
/** How long access tokens are accepted after an answer, counted from its question. Later, the store is asked first. */
const MAX_AGE_MS = 3_000;
/** How long a request waits for an answer. */
const DEADLINE_MS = 2_000;
/** How long requests do not ask the store again after it failed. */
const REST_AFTER_FAILURE_MS = 250;
/** A larger jump means that the machine was suspended or its clock was set. */
const MAX_JUMP_MS = 1_000;

/** A question to the store, shared by all callers that wait for its answer. */
interface Question {
  readonly askedAt: Moment;
  /** When its last page was requested. */
  movedAt: Moment;
  /** Rejects after the deadline, and if the store rejects. */
  answer: Promise<void>;
  failed: boolean;
}

/**
 * Shares revocations between processes: loads them at boot, receives new ones if the store can push, and polls in any
 * case. Whether they are current is computed on demand from the age of the last answer, so it is right even if this
 * process or its timers were stopped. If the store does not answer, access tokens are unverifiable (503), not valid.
 */
export class RevocationFeed implements RevocationSource {
  readonly #elapsed: ElapsedTime;
  readonly #poll = new Periodic(
    () => this.#ask().catch(() => undefined),
    () => (this.#stopWatching && !this.#question?.failed ? POLL_BEHIND_WATCH_MS : POLL_MS),
  );
  /** Revocations before this time are known, by the app's clock. */
  #knownUntil: number;
  /** When the question of the newest answer was asked. */
  #answered = NEVER;
  #clocks: Moment;
  #question: Question | undefined;
  #watching = false;
  #stopped = false;
  #stopWatching: (() => Promise<void>) | undefined;

  constructor(private readonly options: RevocationFeedOptions) {
    this.#elapsed = options.elapsed ?? new ElapsedTime();
    this.#clocks = this.#elapsed.now();
    this.#knownUntil = this.#horizon();
    if (options.store.revokedSince) options.revocations.source = this;
  }

  /** Does nothing if the store has no `revokedSince`: then each process knows of its own revocations only. */
  async start(): Promise<void> {
    if (!this.options.store.revokedSince) return;
    try {
      await this.#ask();
    } catch (error) {
      this.options.onFailedStart(reasonOf(error));
    }
    this.#poll.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.options.revocations.leave();
    await this.#poll.stop();
    await this.#stopWatching?.();
  }

  isCurrent(wall?: number): boolean {
    return this.#elapsed.isWithin(MAX_AGE_MS, this.#answered, wall);
  }

  /** How old the newest answer of the store is, in milliseconds; `undefined` before the first. */
  get age(): number | undefined {
    const age = this.#elapsed.now().steady - this.#answered.steady;
    return Number.isFinite(age) ? age : undefined;
  }

  async catchUp(): Promise<void> {
    // Repeats only if this process was stopped between the question and the answer.
    while (!this.isCurrent()) await this.#ask();
  }

  /** Not awaited: until it is connected, revocations merely arrive later. */
  async #watch(): Promise<void> {
    const { watch } = this.options;
    if (!watch || this.#watching) return;
    this.#watching = true;
    try {
      const stop = await watch(
        (revoked) => this.#add(revoked),
        () => void this.#ask().catch(() => undefined),
      );
      this.#stopWatching = stop;
      if (this.#stopped) await stop();
    } catch {
      this.#watching = false;
    }
  }

  /** Concurrent callers share one question. */
  #ask(): Promise<void> {
    const asked = this.#question;
    // The answer to an older question would not be current: this process was stopped, or the store hangs.
    const limit = asked?.failed ? REST_AFTER_FAILURE_MS : MAX_AGE_MS;
    if (asked && this.#elapsed.isWithin(limit, asked.movedAt)) return asked.answer;
    void this.#watch();
    const askedAt = this.#elapsed.now();
    const question: Question = { askedAt, movedAt: askedAt, answer: Promise.resolve(), failed: false };
    this.#question = question;
    question.answer = withinDeadline(this.#read(question));
    // Avoids an unhandled rejection if nobody waits.
    question.answer.catch(() => undefined);
    return question.answer;
  }

  async #read(question: Question): Promise<void> {
    const { clock, overlap } = this.options;
    this.#noticeJump(question.askedAt);
    const now = clock();
    try {
      await this.#readPages(question);
    } catch (error) {
      question.failed = true;
      throw error;
    }
    // A late answer still counts until the next question is asked; then it is too old.
    if (this.#question !== question) return;
    this.#question = undefined;
    this.#answered = question.askedAt;
    this.#knownUntil = now - overlap * 1000;
  }

  async #readPages(question: Question): Promise<void> {
    const { store } = this.options;
    let since = new Date(this.#knownUntil);
    let afterId: string | undefined;
    while (this.#question === question) {
      question.movedAt = this.#elapsed.now();
      const page = (await store.revokedSince?.(since, { limit: PAGE, afterId })) ?? [];
      for (const one of page) this.#add(one);
      const last = page.at(-1);
      // The same last row again: the store ignores `afterId`.
      if (!last || page.length !== PAGE || last.sessionId === afterId) return;
      since = last.revokedAt;
      afterId = last.sessionId;
    }
  }

  /** A clock that was wrong until now may have hidden revocations, so everything is read as at boot. */
  #noticeJump(now: Moment): void {
    if (this.#elapsed.jump(this.#clocks, now) > MAX_JUMP_MS)
      this.#knownUntil = Math.min(this.#knownUntil, this.#horizon());
    this.#clocks = now;
  }

  /** No token can depend on revocations before this time. */
  #horizon(): number {
    const { clock, lifetime, overlap } = this.options;
    return clock() - (lifetime + overlap) * 1000;
  }

  #add({ sessionId, userId }: RevokedSession): void {
    const { revocations } = this.options;
    if (isTombstone(sessionId)) revocations.addUser(userId, sessionId);
    else revocations.addSession(sessionId);
  }
}

function withinDeadline(work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const cause = new Trace({ message: `SessionStore.revokedSince did not answer within ${DEADLINE_MS} ms` });
      reject(new AuthError('store_unavailable', { retryAfter: 1, cause }));
    }, DEADLINE_MS).unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function reasonOf(error: unknown): string {
  const { cause = error } = Object(error) as { readonly cause?: unknown };
  const trace = Trace.of(cause);
  return trace.message || trace.summary;
}
