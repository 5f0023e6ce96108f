import type { Clock } from '../time.js';

/**
 * Sessions and users whose access tokens ended before their time. Two generations, each as long as an access token
 * can live: an entry outlives every token it could matter to, and is dropped without a timer.
 */
export class Revocations {
  #young = new Generation();
  #old = new Generation();
  #youngSince: number;
  /** `false` while other processes' revocations cannot be known: then no access token can be vouched for. */
  current = true;
  #added = 0;

  /**
   * @param lifetime how long an access token can live, tolerance included, in seconds
   * @param onSession told of every session that ends
   */
  constructor(
    private readonly lifetime: number,
    private readonly clock: Clock,
    private readonly onSession?: (sessionId: string) => void,
  ) {
    this.#youngSince = clock();
  }

  /** How many there ever were: while it stays the same, nothing that `has` denied can have come true. */
  get added(): number {
    return this.#added;
  }

  addSession(sessionId: string): void {
    this.#turn();
    this.#added++;
    this.#young.sessions.add(sessionId);
    this.onSession?.(sessionId);
  }

  /**
   * Ends a user's tokens that were issued in an earlier second, for where no session is known to end. Of the current
   * second `iat` cannot say whether a token came before or after.
   */
  addUser(userId: string, exceptSessionId?: string): void {
    this.#turn();
    this.#added++;
    this.#young.users.set(userId, { notBefore: Math.floor(this.clock() / 1000), exceptSessionId });
  }

  /** @param issuedAt the token's `iat` */
  has(sessionId: string, userId: string, issuedAt: number): boolean {
    return this.#young.has(sessionId, userId, issuedAt) || this.#old.has(sessionId, userId, issuedAt);
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
  readonly users = new Map<string, { readonly notBefore: number; readonly exceptSessionId: string | undefined }>();

  has(sessionId: string, userId: string, issuedAt: number): boolean {
    if (this.sessions.size > 0 && this.sessions.has(sessionId)) return true;
    if (this.users.size === 0) return false;
    const user = this.users.get(userId);
    return user !== undefined && issuedAt < user.notBefore && sessionId !== user.exceptSessionId;
  }
}
