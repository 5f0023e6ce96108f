import type { Clock } from '../time.js';

/** Where revocations of other processes come from. */
export interface RevocationSource {
  /**
   * Whether the last answer is recent enough to accept access tokens.
   * @param wall `Date.now()`, if it has just been read
   */
  isCurrent(wall?: number): boolean;
  /**
   * Asks the store, and resolves when it has answered.
   * @throws AuthError `store_unavailable` if it does not answer in time
   */
  catchUp(): Promise<void>;
}

/** The revocations of modules that share a session store, by store. */
const PEERS = new WeakMap<object, Set<Revocations>>();

/**
 * Sessions and users whose access tokens were revoked before they expired. Two generations, each as long as an access
 * token can live: an entry outlives every token that it concerns, and is dropped without a timer.
 */
export class Revocations {
  /** Missing if the store has no `revokedSince`: then each process knows of its own revocations only. */
  source: RevocationSource | undefined;
  #young = new Generation();
  #old = new Generation();
  #youngSince: number;
  #added = 0;
  #peers = new Set<Revocations>([this]);

  /**
   * @param lifetime how long an access token can live, clock differences included, in seconds
   * @param onSession called for every session that ends
   */
  constructor(
    private readonly lifetime: number,
    private readonly clock: Clock,
    private readonly onSession?: (sessionId: string) => void,
  ) {
    this.#youngSince = clock();
  }

  /** How many were ever added. While this number stays the same, a token that was not revoked is still not revoked. */
  get added(): number {
    return this.#added;
  }

  /** Shares revocations at once with all modules of this process that use the same session store. */
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
   * For a user whose session rows were deleted: their ids are unknown, so the store is asked about each token.
   * @param tombstoneId the id of the row that records this
   */
  addUser(userId: string, tombstoneId: string): void {
    for (const peer of this.#peers) peer.#addUser(userId, tombstoneId);
  }

  hasSession(sessionId: string): boolean {
    return this.#young.sessions.has(sessionId) || this.#old.sessions.has(sessionId);
  }

  /** Whether a token of this user is valid only if the store still has its session. */
  hasUser(userId: string): boolean {
    return this.#young.users.has(userId) || this.#old.users.has(userId);
  }

  #addSession(sessionId: string): void {
    if (this.#add(sessionId)) this.onSession?.(sessionId);
  }

  // Even if the user has an earlier tombstone, a new one counts, because it also revokes later tokens.
  #addUser(userId: string, tombstoneId: string): void {
    if (this.#add(tombstoneId)) this.#young.users.add(userId);
  }

  /** @returns whether it is new: polls report an entry several times */
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
