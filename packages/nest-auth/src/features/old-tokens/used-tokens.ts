import { createHash } from 'node:crypto';
import { Clock, EphemeralStore, type Exchanged } from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';

/** Old refresh tokens that were used, and the sessions that they began. The store gets only digests of the tokens. */
@Injectable()
export class UsedTokens {
  constructor(
    @Inject(EphemeralStore) private readonly store: EphemeralStore,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Marks a token as used, before its session is stored: after a crash in between, a replay must still end the session.
   * @param until when it may be forgotten, in milliseconds since the epoch
   * @returns `null` for the first use; otherwise the first use
   */
  async claim(token: string, use: Exchanged, until: number): Promise<Exchanged | null> {
    if (await this.store.putIfAbsent(keyOf(token), JSON.stringify(use), this.#secondsTo(until))) return null;
    const first = await this.store.get(keyOf(token));
    // The mark has just expired.
    return first === null ? { ...use, sessionId: undefined } : JSON.parse(first);
  }

  /** Corrects the session of a token that the caller has claimed. */
  async move(token: string, use: Exchanged, until: number): Promise<null> {
    await this.store.put(keyOf(token), JSON.stringify(use), this.#secondsTo(until));
    return null;
  }

  /** Removes the mark after a failed exchange, so that the token works again. */
  async release(token: string): Promise<void> {
    await this.store.take(keyOf(token));
  }

  /**
   * Marks a token as used at a logout.
   * @param until the same as for `claim`
   * @returns the same as `claim`
   */
  async end(token: string, userId: string, until: number): Promise<Exchanged | null> {
    const first = await this.claim(token, { userId, sessionId: undefined, at: this.clock() }, until);
    // The session of the first use may not be stored yet, so the exchange checks this mark after storing it. The mark
    // outlives a failed exchange, after which the token could be used again.
    if (first) await this.store.put(endOf(token), '1', this.#secondsTo(until));
    return first;
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
 * The signed part of a JWT, because a signature has several valid encodings, and lenient checks accept extra characters
 * in it. Any other token is returned whole.
 */
function signedPartOf(token: string): string {
  return /^([\w-]+\.[\w-]+)\./.exec(token)?.[1] ?? token;
}
