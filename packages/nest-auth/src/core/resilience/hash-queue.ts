import type { Client } from '../call.js';
import { AuthError } from '../errors/auth-error.js';
import type { Observation } from '../observation/observation.js';
import { observed } from '../observation/observed.js';
import { FairQueue } from './fair-queue.js';

/** In seconds: about the time that a full queue takes to drain. */
const RETRY_AFTER = 5;

/** Who asks for a hash. */
export interface HashRequester {
  /** The networks around their address, the widest first. */
  readonly networks: readonly string[];
  /** Whether this account was used from this address before. */
  readonly known: boolean;
  readonly client?: Client | undefined;
}

const NOBODY: HashRequester = { networks: ['unknown'], known: false };

/** The current state of the queue. */
export interface HashLoad {
  readonly running: number;
  readonly waiting: number;
  /** How many may run at once. */
  readonly concurrency: number;
  /** How many strangers may wait, and how many known accounts. */
  readonly capacity: number;
}

/** Work that waits for its turn. */
interface Job {
  start(): void;
  drop(): void;
}

/**
 * Limits the hashes that run at once, and those that wait. Without a limit, a login flood fills libuv's thread pool and
 * every file read and DNS lookup of the process waits behind it.
 *
 * Networks take turns. When the queue is full, the network with the most waiting hashes loses its newest one to a
 * network with fewer: a flood from one network does not refuse anybody else. Known accounts have a queue of their own,
 * because an attacker with many networks can fill the queue for strangers; the two queues take turns too.
 */
export class HashQueue {
  #running = 0;
  #lastWasKnown = false;
  readonly #known = new FairQueue<Job>();
  readonly #strangers = new FairQueue<Job>();

  /**
   * @param capacity how many strangers may wait, and how many known accounts
   * @param observation @default nobody observes
   */
  constructor(
    private readonly concurrency: number,
    private readonly capacity: number,
    private readonly onOverload: (state: { readonly running: number; readonly waiting: number }) => void,
    private readonly observation?: Observation,
  ) {}

  /** How many wait. */
  get waiting(): number {
    return this.#known.size + this.#strangers.size;
  }

  get load(): HashLoad {
    const { concurrency, capacity, waiting } = this;
    return { running: this.#running, waiting, concurrency, capacity };
  }

  /** @throws AuthError `overloaded` when the queue is full, or the client went away before its turn */
  async run<T>(work: () => Promise<T>, requester: HashRequester = NOBODY): Promise<T> {
    if (requester.client?.isGone) throw new AuthError('overloaded');
    if (this.#running < this.concurrency) this.#running++;
    else await observed(this.observation, 'wait_for_hash', () => this.#turnOf(requester));
    try {
      return await work();
    } finally {
      // The place is handed over, not freed: a newcomer cannot overtake the queue.
      const next = this.#next();
      if (next) next.start();
      else this.#running--;
    }
  }

  #turnOf({ networks, known, client }: HashRequester): Promise<void> {
    const queue = known ? this.#known : this.#strangers;
    if (queue.size >= this.capacity) this.#makeRoom(queue, networks);
    return new Promise((resolve, reject) => {
      const drop = () => {
        forget?.();
        reject(new AuthError('overloaded', { retryAfter: RETRY_AFTER }));
      };
      const start = () => {
        forget?.();
        resolve();
      };
      const place = queue.push({ start, drop }, networks);
      const forget = client?.onGone(() => {
        queue.remove(place);
        drop();
      });
    });
  }

  #makeRoom(queue: FairQueue<Job>, networks: readonly string[]): void {
    const rival = queue.rivalOf(networks);
    this.onOverload({ running: this.#running, waiting: this.waiting });
    if (!rival) throw new AuthError('overloaded', { retryAfter: RETRY_AFTER });
    queue.remove(rival);
    rival.value.drop();
  }

  #next(): Job | undefined {
    const [first, second] = this.#lastWasKnown ? [this.#strangers, this.#known] : [this.#known, this.#strangers];
    const queue = first.size > 0 ? first : second;
    this.#lastWasKnown = queue === this.#known;
    return queue.shift();
  }
}
