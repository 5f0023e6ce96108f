import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { EphemeralStore } from '../../ports/ephemeral-store.js';
import type { AuthUser, UserStore } from '../../ports/user-store.js';
import { text } from '../arguments.js';
import { AuthError } from '../errors/auth-error.js';
import { addressOf } from '../users/address.js';

const SHAPE = /^[A-Za-z0-9_-]{43}$/;

/** Whose token it is, and the address it was sent to. */
export interface TokenOwner {
  readonly user: AuthUser;
  readonly address: string;
  /** A note that the feature stored with it. */
  readonly note?: string | undefined;
}

/** What a token that is sent to a user is for. */
export interface SentToken extends Omit<TokenOwner, 'user'> {
  /** In whole seconds. */
  readonly ttl: number;
  /** As for `issue`. @default a new one */
  readonly token?: string | undefined;
}

/** What is stored under a user's token. */
interface Bound extends Omit<TokenOwner, 'user'> {
  readonly userId: string;
  /** A digest of the account's state. If the state changes, the token is invalid. */
  readonly state: string;
  /** In seconds, from the beginning. */
  readonly ttl: number;
}

/**
 * Tokens that work once, for one purpose, for a short time: challenges, resets, verifications. The store sees a keyed
 * digest only, and the purpose is part of it, so that a token of one kind is never valid as another.
 */
export class OneTimeTokens {
  readonly #key: Buffer;

  constructor(
    private readonly store: EphemeralStore,
    private readonly users: Pick<UserStore, 'findById'>,
    key: Buffer,
  ) {
    this.#key = key;
  }

  /**
   * @param subject what the token represents; `consume` returns it
   * @param ttl in whole seconds
   * @param token a token that must be known in advance: 256 random bits, as base64url. @default a new one
   * @throws AuthError `invalid_request`, `store_unavailable`
   */
  async issue(purpose: string, subject: string, ttl: number, token = newToken()): Promise<string> {
    text(purpose, 'purpose');
    text(subject, 'subject');
    if (!isToken(token)) {
      throw new AuthError('invalid_request', { message: 'token must be 256 random bits.', field: 'token' });
    }
    if (!(Number.isSafeInteger(ttl) && ttl > 0)) {
      throw new AuthError('invalid_request', { message: 'ttl must be whole seconds, 1 or more.', field: 'ttl' });
    }
    await this.store.put(this.#keyOf(purpose, token), subject, ttl);
    return token;
  }

  /** @returns the subject to exactly one caller; `null` for everything else */
  async consume(purpose: string, token: string): Promise<string | null> {
    text(purpose, 'purpose');
    return isToken(token) ? this.store.take(this.#keyOf(purpose, token)) : null;
  }

  /** Stores a consumed token again, for another attempt. */
  async restore(purpose: string, token: string, subject: string, ttl: number): Promise<void> {
    await this.store.put(this.#keyOf(purpose, token), subject, ttl);
  }

  /**
   * A token that is sent to a user. It becomes invalid if a newer token is issued for the same purpose, if the user's
   * login, password or address changes, or if the account is disabled.
   * @param sent where it is sent, and a note; both are returned with the user
   * @throws AuthError `invalid_request`, `store_unavailable`
   */
  async issueTo(user: AuthUser, purpose: string, { address, ttl, note, token: given }: SentToken): Promise<string> {
    const bound: Bound = { userId: user.id, address, note, state: this.stateOf(user), ttl };
    const token = await this.issue(purpose, JSON.stringify(bound), ttl, given);
    await this.store.put(this.#newestOf(purpose, user.id), this.#keyOf(purpose, token), ttl);
    return token;
  }

  /** Whose token it is, without using it up. @returns `null` if it is not valid */
  async ownerOf(purpose: string, token: string): Promise<TokenOwner | null> {
    if (!isToken(token)) return null;
    const key = this.#keyOf(purpose, token);
    return this.#owner(purpose, key, await this.store.get(key));
  }

  /**
   * Uses a token up. If `act` fails, or a store does, the token works again.
   * @param act what the token is used for: one caller at a time does it. @default nothing
   * @returns its owner to exactly one caller; `null` for everything else
   * @throws AuthError `store_unavailable`, and what `act` throws
   */
  async redeem(
    purpose: string,
    token: string,
    act: (owner: TokenOwner) => Promise<unknown> = async () => {},
  ): Promise<TokenOwner | null> {
    const subject = await this.consume(purpose, token);
    if (subject === null) return null;
    try {
      const owner = await this.#owner(purpose, this.#keyOf(purpose, token), subject);
      if (owner) await act(owner);
      return owner;
    } catch (error) {
      // It does not live longer than before, because the entry of the newest token keeps its expiry.
      await this.restore(purpose, token, subject, (JSON.parse(subject) as Bound).ttl).catch(() => {});
      throw error;
    }
  }

  async #owner(purpose: string, key: string, subject: string | null): Promise<TokenOwner | null> {
    if (subject === null) return null;
    const { userId, address, note, state } = JSON.parse(subject) as Bound;
    if ((await this.store.get(this.#newestOf(purpose, userId))) !== key) return null;
    const user = await this.users.findById(userId);
    if (!user || user.disabledAt) return null;
    const isUnchanged = timingSafeEqual(Buffer.from(this.stateOf(user)), Buffer.from(state));
    return isUnchanged ? { user, address, note } : null;
  }

  /** A digest that changes with the user's login, password and address. */
  stateOf(user: AuthUser): string {
    return this.#digest(`state\0${JSON.stringify([user.id, user.login, user.passwordHash, addressOf(user)])}`);
  }

  /**
   * A keyed digest of something short, such as a code. Without the key, a reader of the store cannot try all codes.
   * @param purpose with the token that the code belongs to, so that equal codes have different digests
   * @throws AuthError `invalid_request`
   */
  digestOf(purpose: string, code: string): string {
    return this.#digest(`code\0${text(purpose, 'purpose')}\0${text(code, 'code')}`);
  }

  #newestOf(purpose: string, userId: string): string {
    return `newest:${purpose}:${this.#digest(`newest\0${purpose}\0${userId}`)}`;
  }

  #keyOf(purpose: string, token: string): string {
    return `${purpose}:${this.#digest(`${purpose}\0${token}`)}`;
  }

  #digest(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

function isToken(token: unknown): token is string {
  return typeof token === 'string' && SHAPE.test(token);
}
