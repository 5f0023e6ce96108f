import { AuthError } from '../auth-error.js';

/** Seconds: about what a full queue takes to drain. */
const RETRY_AFTER = 5;

/**
 * Bounds the hashes that run at once, and those that wait. Unbounded, a login flood fills libuv's thread pool and
 * every file read and DNS lookup of the process waits behind it.
 */
export class HashQueue {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly concurrency: number,
    private readonly capacity: number,
    private readonly onOverload: (state: { readonly running: number; readonly waiting: number }) => void,
  ) {}

  /** @throws AuthError `overloaded` when the queue is full: before any other work is done for a request that would wait */
  assertRoom(): void {
    if (this.#running < this.concurrency || this.#waiting.length < this.capacity) return;
    this.onOverload({ running: this.#running, waiting: this.#waiting.length });
    throw new AuthError('overloaded', { retryAfter: RETRY_AFTER });
  }

  /** @throws AuthError `overloaded` when the queue is full */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.assertRoom();
    if (this.#running < this.concurrency) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place is handed over, not freed: a newcomer cannot overtake the queue.
      if (next) next();
      else this.#running--;
    }
  }
}
