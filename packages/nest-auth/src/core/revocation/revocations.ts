import type { Clock } from '../time.js';

/** Where revocations of other processes come from. */
export interface RevocationSource {
  /**
   * Whether the last answer is recent enough to let anybody in.
   * @param wall `Date.now()`, if it has just been read
   */
  isCurrent(wall?: number): boolean;
  /**
   * Asks, and resolves when the answer is in.
   * @throws AuthError `store_unavailable` if there is none in time
   */
  catchUp(): Promise<void>;
}

/** Modules of this process that share a session store, by that store. */
const PEERS = new WeakMap<object, Set<Revocations>>();

/**
 * Sessions and users whose access tokens ended before their time. Two generations, each as long as an access token
 * can live: an entry outlives every token it could matter to, and is dropped without a timer.
 */
export class Revocations {
  /** Missing if the store cannot tell of other processes: then each process knows of its own revocations only. */
  source: RevocationSource | undefined;
  #young = new Generation();
  #old = new Generation();
  #youngSince: number;
  #added = 0;
  #peers = new Set<Revocations>([this]);

  /**
   * @param lifetime how long an access token can live, clock differences included, in seconds
   * @param onSession told of every session that ends
   */
  constructor(
    private readonly lifetime: number,
    private readonly clock: Clock,
    private readonly onSession?: (sessionId: string) => void,
  ) {
    this.#youngSince = clock();
  }

  /** How many were ever added. While it stays the same, a token that was not revoked still is not. */
  get added(): number {
    return this.#added;
  }

  /** From now on, what one module of this process ends is known at once to all with the same session store. */
  join(store: object): void {
    const peers = PEERS.get(store) ?? new Set();
    PEERS.set(store, peers.add(this));
    this.#peers = peers;
  }

  leave(): void {
    this.#peers.delete(this);
    this.#peers = new Set([this]);
  }

  addSession(sessionId: string): void {
    for (const peer of this.#peers) peer.#addSession(sessionId);
  }

  /**
   * For a user whose sessions were deleted: no id says which tokens end, so the store is asked about each.
   * @param tombstoneId the id of the row that says so
   */
  addUser(userId: string, tombstoneId: string): void {
    for (const peer of this.#peers) peer.#addUser(userId, tombstoneId);
  }

  hasSession(sessionId: string): boolean {
    return this.#young.sessions.has(sessionId) || this.#old.sessions.has(sessionId);
  }

  /** Whether a token of this user is good only if the store still has its session. */
  hasUser(userId: string): boolean {
    return this.#young.users.has(userId) || this.#old.users.has(userId);
  }

  #addSession(sessionId: string): void {
    if (this.#add(sessionId)) this.onSession?.(sessionId);
  }

  // A user may be known from an earlier tombstone. A new one matters all the same: it means later tokens, too.
  #addUser(userId: string, tombstoneId: string): void {
    if (this.#add(tombstoneId)) this.#young.users.add(userId);
  }

  /** @returns whether it is new: polls repeat what they told */
  #add(id: string): boolean {
    if (this.hasSession(id)) return false;
    this.#turn();
    this.#added++;
    this.#young.sessions.add(id);
    return true;
  }

  #turn(): void {
    const now = this.clock();
    if (now - this.#youngSince < this.lifetime * 1000) return;
    this.#old = this.#young;
    this.#young = new Generation();
    this.#youngSince = now;
  }
}

class Generation {
  readonly sessions = new Set<string>();
  readonly users = new Set<string>();
}
