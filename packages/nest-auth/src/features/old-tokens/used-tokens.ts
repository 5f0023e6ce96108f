import { createHash } from 'node:crypto';
import { Clock, EphemeralStore, type Exchanged } from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';

/** In seconds, longer than any exchange takes. */
const EXCHANGE_LIVES = 120;

/** Old refresh tokens that were used, and the sessions that they began. The store sees digests of the tokens. */
@Injectable()
export class UsedTokens {
  constructor(
    @Inject(EphemeralStore) private readonly store: EphemeralStore,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Marks a token as used.
   * @param until when it may be forgotten, in milliseconds since the epoch
   * @returns `null` for the first use; otherwise what is known of the first use
   */
  async use(token: string, userId: string, until: number): Promise<Exchanged | null> {
    const used: Exchanged = { userId, sessionId: undefined, at: this.clock() };
    if (await this.store.putIfAbsent(keyOf(token), JSON.stringify(used), this.#secondsTo(until))) return null;
    const earlier = await this.store.get(keyOf(token));
    return earlier === null ? used : JSON.parse(earlier);
  }

  /** Records a session before it begins, so that no crash leaves a session that a second use cannot end. */
  async note(token: string, begun: Exchanged, until: number): Promise<void> {
    await this.store.put(keyOf(token), JSON.stringify(begun), this.#secondsTo(until));
  }

  /**
   * Marks a token as used at a logout.
   * @param until as `use`
   * @returns as `use`
   */
  async end(token: string, userId: string, until: number): Promise<Exchanged | null> {
    if (!(await this.use(token, userId, until))) return null;
    // Another request may be exchanging the token now. The mark is written before the second read: if that read is too
    // early to see the session, the exchange sees the mark.
    await this.store.put(endOf(token), '1', EXCHANGE_LIVES);
    return this.use(token, userId, until);
  }

  /** Whether a logout came during the exchange of a token. Call it after the session is stored. */
  async isEnded(token: string): Promise<boolean> {
    return (await this.store.get(endOf(token))) !== null;
  }

  #secondsTo(until: number): number {
    return Math.ceil((until - this.clock()) / 1000);
  }
}

function keyOf(token: string): string {
  return `old-refresh:${createHash('sha256').update(signedPartOf(token)).digest('base64url')}`;
}

function endOf(token: string): string {
  return `${keyOf(token)}:ended`;
}

/**
 * The signed part of a JWT: a signature has several valid spellings, and lenient checks accept further characters in
 * it. Any other token is returned whole.
 */
function signedPartOf(token: string): string {
  return /^([\w-]+\.[\w-]+)\./.exec(token)?.[1] ?? token;
}
