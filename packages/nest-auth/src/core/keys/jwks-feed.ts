import { Periodic } from '../resilience/periodic.js';
import type { Clock } from '../time.js';
import { isSameSet, readJwkSet } from './jwk-set.js';
import { type Fetch, fetchJwks } from './jwks-fetch.js';
import type { RingKey } from './key-ring.js';

export interface JwksFeedOptions {
  readonly uri: string;
  /** Trusts the keys until that time, in milliseconds since the epoch: a `TokenVerifier`. */
  readonly verifier: { trust(keys: ReadonlyMap<string, RingKey>, until: number): void };
  /** How long an answer may take, in seconds. */
  readonly timeout: number;
  /** How often the keys are fetched, in seconds. */
  readonly refresh: number;
  /** How long the last valid keys are trusted, in seconds. */
  readonly maxStale: number;
  readonly clock: Clock;
  readonly fetch: Fetch;
  /** Receives a message about each failure, and about the first success after it. */
  readonly report: (level: 'warn' | 'log', message: string) => void;
}

const FIRST_RETRY_MS = 1_000;
/** Longer would keep a service down after its issuer is back. */
const LONGEST_RETRY_MS = 30_000;

/**
 * Loads the keys of an issuer into a verifier: at boot, then on a schedule, never because of a token. A failure changes
 * nothing until the last valid keys are too old; then tokens are unverifiable (503), not valid.
 */
export class JwksFeed {
  readonly #schedule = new Periodic(
    () => this.refresh(),
    () => this.pause,
  );
  #ring: ReadonlyMap<string, RingKey> = new Map();
  #failures = 0;
  #running: Promise<void> | undefined;
  readonly #stopping = new AbortController();

  constructor(private readonly options: JwksFeedOptions) {}

  /** Milliseconds between this attempt and the next. */
  get pause(): number {
    const regular = this.options.refresh * 1000;
    if (this.#failures === 0) return regular;
    return Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LONGEST_RETRY_MS, regular);
  }

  /** Resolves after the first attempt, also if it failed. */
  async start(): Promise<void> {
    await this.refresh();
    this.#schedule.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#schedule.stop();
    await this.#running;
  }

  /** Loads the keys now. Concurrent calls share one request. It does not reject. */
  refresh(): Promise<void> {
    this.#running ??= this.#load().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #load(): Promise<void> {
    const { verifier, clock, maxStale, report } = this.options;
    const askedAt = clock();
    try {
      const ring = readJwkSet(await this.#fetch());
      // Equal keys stay the same object, so that the verifier keeps its verified tokens.
      if (!isSameSet(ring, this.#ring)) this.#ring = ring;
      verifier.trust(this.#ring, askedAt + maxStale * 1000);
      if (this.#failures > 0) report('log', 'The keys of the issuer are known again.');
      this.#failures = 0;
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#failures++;
      report('warn', `The key set at jwksUri ${wordsFor(error)}. Next attempt in ${this.pause / 1000} s.`);
    }
  }

  async #fetch(): Promise<unknown> {
    const { uri, fetch, timeout } = this.options;
    this.#stopping.signal.throwIfAborted();
    const attempt = new AbortController();
    const abort = () => attempt.abort();
    const timer = setTimeout(abort, timeout * 1000);
    this.#stopping.signal.addEventListener('abort', abort, { once: true });
    try {
      return await fetchJwks(uri, fetch, attempt.signal);
    } finally {
      clearTimeout(timer);
      this.#stopping.signal.removeEventListener('abort', abort);
    }
  }
}

/** Only the library's own messages are written for people; others could contain an address. */
function wordsFor(error: unknown): string {
  if (error instanceof RangeError) return error.message;
  const { name, cause } = error as { readonly name?: string; readonly cause?: { readonly code?: unknown } };
  if (name === 'AbortError') return 'did not arrive in time';
  return `cannot be had: ${typeof cause?.code === 'string' ? cause.code : name}`;
}
