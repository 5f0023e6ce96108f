import { AuthError, ElapsedTime, type Moment } from '@acme/nest-auth';

/** In milliseconds: with the time of a request, less than a second. */
const FRESH_FOR = 900;
/** How many known keys, and how many unknown keys, are cached. */
const CAPACITY = 10_000;
/** How many unknown keys are looked up at once, and how many wait for that. */
const READERS = 32;
const WAITING = 1000;

/** An answer, and the moment at which the store was asked. */
interface Answer<T> {
  readonly value: T | null;
  readonly asOf: Moment;
}

interface Reading<T> {
  readonly since: Moment;
  value?: Promise<T | null>;
}

/**
 * Asks the store at most once in 900 ms for each key, for any number of requests. The age of an answer counts from the
 * question, because the answer may miss a change made in between. Failures are not cached.
 *
 * Anybody can make up keys that have the right form. So unknown keys never evict known ones, and only a few are
 * looked up at once; known keys do not wait behind them.
 */
export class RecentAnswers<T extends object> {
  readonly #known = new Map<string, Answer<T>>();
  readonly #unknown = new Map<string, Answer<T>>();
  readonly #reading = new Map<string, Reading<T>>();
  readonly #waiting: (() => void)[] = [];
  #readers = 0;

  /** @param read also gets the last answer, of any age */
  constructor(
    private readonly read: (key: string, before: T | null) => Promise<T | null>,
    private readonly time = new ElapsedTime(),
  ) {}

  /**
   * @returns `null` for an unknown key; a promise only if the store is asked
   * @throws AuthError `overloaded` while too many unknown keys wait; and what `read` rejects with
   */
  get(key: string): T | null | Promise<T | null> {
    const answer = this.#known.get(key) ?? this.#unknown.get(key);
    if (answer && this.#isFresh(answer.asOf)) return answer.value;
    const running = this.#reading.get(key);
    // A reading that hangs is not shared for longer than its answer would be fresh.
    if (running?.value && this.#isFresh(running.since)) return running.value;
    const reading: Reading<T> = { since: this.time.now() };
    this.#reading.set(key, reading);
    reading.value = this.#run(key, reading);
    return reading.value;
  }

  /** The next request asks the store again, even while a reading runs. */
  forget(key: string): void {
    for (const answers of [this.#known, this.#unknown, this.#reading]) answers.delete(key);
  }

  async #run(key: string, reading: Reading<T>): Promise<T | null> {
    try {
      const before = this.#known.get(key);
      const value = await (before ? this.read(key, before.value) : this.#inTurn(() => this.read(key, null)));
      if (this.#reading.get(key) === reading) this.#keep(key, { value, asOf: reading.since });
      return value;
    } finally {
      if (this.#reading.get(key) === reading) this.#reading.delete(key);
    }
  }

  #keep(key: string, answer: Answer<T>): void {
    this.#known.delete(key);
    this.#unknown.delete(key);
    const answers = answer.value === null ? this.#unknown : this.#known;
    answers.set(key, answer);
    const [oldest] = answers.keys();
    if (answers.size > CAPACITY && oldest !== undefined) answers.delete(oldest);
  }

  async #inTurn(read: () => Promise<T | null>): Promise<T | null> {
    if (this.#readers >= READERS) {
      if (this.#waiting.length >= WAITING) throw new AuthError('overloaded', { retryAfter: 1 });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#readers++;
    try {
      return await read();
    } finally {
      // The next waiting reading takes this place.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#readers--;
    }
  }

  #isFresh(moment: Moment): boolean {
    return this.time.isWithin(FRESH_FOR, moment);
  }
}
