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
   * Uses a token up.
   * @param until when it may be forgotten, in milliseconds since the epoch
   * @returns `null` to the first caller; to others, what became of the token
   */
  async use(token: string, userId: string, until: number): Promise<Exchanged | null> {
    const used: Exchanged = { userId, sessionId: undefined, at: this.clock() };
    if (await this.store.putIfAbsent(keyOf(token), JSON.stringify(used), this.#secondsTo(until))) return null;
    const earlier = await this.store.get(keyOf(token));
    return earlier === null ? used : JSON.parse(earlier);
  }

  /** Notes the session that a token begins, before it begins: then no crash leaves a session that nobody can find. */
  async note(token: string, begun: Exchanged, until: number): Promise<void> {
    await this.store.put(keyOf(token), JSON.stringify(begun), this.#secondsTo(until));
  }

  /**
   * Uses a token up at a logout.
   * @param until as `use`
   * @returns as `use`
   */
  async end(token: string, userId: string, until: number): Promise<Exchanged | null> {
    if (!(await this.use(token, userId, until))) return null;
    // It may be exchanged right now. Written before the second look: what that misses, the exchange finds here.
    await this.store.put(endOf(token), '1', EXCHANGE_LIVES);
    return this.use(token, userId, until);
  }

  /** Whether a logout came while a token was exchanged. Asked once its session is stored. */
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
 * Of a JWT, what is signed: many spellings of a signature are valid, and lenient checks accept further characters in it.
 * Any other token has only itself.
 */
function signedPartOf(token: string): string {
  return /^([\w-]+\.[\w-]+)\./.exec(token)?.[1] ?? token;
}
