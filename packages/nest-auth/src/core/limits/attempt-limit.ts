import { createHmac } from 'node:crypto';
import { type IRateLimiterOptions, type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';
import { type AuthEvents, type Device, type LimitedAction, UNKNOWN_DEVICE } from '../auth-event.js';
import { callOf } from '../call.js';
import { AuthError } from '../errors/auth-error.js';
import type { Observation } from '../observation/observation.js';
import { guardStore } from '../resilience/guarded-store.js';
import type { HashRequester } from '../resilience/hash-queue.js';
import type { AttemptCheck } from './before-attempt.js';
import { type ClientAddress, clientAddress } from './client-address.js';

/** `points` attempts within `duration` seconds. */
export interface AttemptBudget {
  readonly points: number;
  readonly duration: number;
}

/** A call that the budgets of its address allow. */
export interface Visit {
  /** The caller. No account is known yet. */
  readonly requester: HashRequester;
  /**
   * Takes one attempt on an account.
   * @param name the user's id; the normalised login if there is no such user
   * @throws AuthError as `AttemptLimit.visit`
   */
  attempt(name: { readonly id: string } | { readonly login: string }): Promise<Attempt>;
}

/** One attempt that was taken. */
export interface Attempt {
  readonly requester: HashRequester;
  /**
   * Waits for the check of a password. If the server was too busy, nothing was guessed, and the account gets its
   * attempt back. The address does not, because it added to the load.
   */
  spendOn<T>(check: Promise<T>): Promise<T>;
  /** The attempt came from the account's owner: gives it back and marks the address as known. */
  succeed(): Promise<void>;
}

/** Makes one counter; any store of rate-limiter-flexible works. */
export type LimiterFactory = (options: IRateLimiterOptions) => RateLimiterAbstract;

export interface AttemptBudgets {
  /** Per account, shared by all addresses that never logged in to it. An address that did has a budget of its own. */
  readonly account: AttemptBudget;
  /** Per address; the right password gives its attempt back. */
  readonly address: AttemptBudget;
  /** Per address, right passwords included. */
  readonly logins: AttemptBudget;
  /** The same for each IPv6 /56 and /48. */
  readonly prefix56: AttemptBudget;
  readonly prefix48: AttemptBudget;
}

/** Budgets of features, by name. */
export type FurtherBudgets = Readonly<Record<string, AttemptBudget>>;

export interface AttemptLimitOptions extends AttemptBudgets {
  readonly limiter?: LimiterFactory | undefined;
  /** @default none */
  readonly further?: FurtherBudgets;
  /** Called before anything is counted. @default none */
  readonly check?: AttemptCheck | undefined;
  /** Returns the name under which attempts are counted, for apps with tenants. */
  readonly key?: ((name: string, request: never) => string) | undefined;
  /** How long a counter may take, in milliseconds. */
  readonly timeout: number;
  /** Key for the digests of logins, so that a leaked counter store reveals none. */
  readonly secret: Buffer;
  readonly events: AuthEvents;
  /** @default nobody observes */
  readonly observation?: Observation | undefined;
}

/** Seconds. The memory counters keep a timer for each key, and a timer can wait for at most 24.8 days. */
const KNOWN_FOR = 14 * 24 * 60 * 60;

/**
 * Counts every attempt before a hash is computed, including successes and unknown logins, so that the answer reveals
 * nothing. An address that logged in to an account before has a budget of its own for it, so a flood from elsewhere
 * does not lock the owner out.
 */
export class AttemptLimit {
  readonly #counters: Readonly<Record<keyof AttemptBudgets | 'pair' | 'known' | 'challenge', RateLimiterAbstract>>;
  readonly #further: ReadonlyMap<string, RateLimiterAbstract>;

  /** Private at run time too, so that a logged object shows no secret. */
  readonly #options: AttemptLimitOptions;

  constructor(options: AttemptLimitOptions) {
    this.#options = options;
    const { limiter = (given) => new RateLimiterMemory(given), timeout, observation } = options;
    const counter = (name: string, { points, duration }: AttemptBudget) => {
      const counting = limiter({ points, duration, keyPrefix: `nest-auth:${name}` });
      return guardStore(counting, `AttemptLimit.${name}`, timeout, { isAnswer: isSpent, observation });
    };
    this.#counters = {
      account: counter('account', options.account),
      pair: counter('pair', options.account),
      challenge: counter('challenge', options.account),
      known: counter('known', { points: 1, duration: KNOWN_FOR }),
      address: counter('address', options.address),
      logins: counter('logins', options.logins),
      prefix56: counter('prefix56', options.prefix56),
      prefix48: counter('prefix48', options.prefix48),
    };
    const further = Object.entries(options.further ?? {});
    this.#further = new Map(further.map(([name, budget]) => [name, counter(`feature:${name}`, budget)]));
  }

  /**
   * Takes one attempt of the client's address and of the networks around it, unless the app refuses it.
   * @throws AuthError `too_many_attempts` with `retryAfter`; `store_unavailable` when the counters are down; and what
   * `check` throws
   */
  async visit(action: LimitedAction, device: Device): Promise<Visit> {
    await this.#options.check?.(action, device);
    const address = addressOf(device);
    if (address) await this.#unlessSpent(action, device, () => this.#takeFrom(address));
    const requester = { networks: address?.networks ?? ['unknown'], known: false, client: callOf(device)?.client };
    return {
      requester,
      attempt: (name) =>
        this.#unlessSpent(action, device, () => this.#attempt(this.#keyOf(name, device), address, requester)),
    };
  }

  /**
   * Takes one attempt of the client's address, as `visit` does, and one of a further budget. `succeed` gives both back.
   * Without a client, for example for a mail after an event, only the further budget is charged and `check` is not
   * called.
   * @throws AuthError as `visit`; `invalid_configuration` for a budget that no feature declares
   */
  async take(action: LimitedAction, name: string, device: Device): Promise<Pick<Attempt, 'succeed'>> {
    const counter = this.#further.get(action);
    if (!counter)
      throw new AuthError('invalid_configuration', { message: `No feature has a limit named '${action}'.` });
    if (device !== UNKNOWN_DEVICE) await this.visit(action, device);
    const key = this.#keyOf({ login: name }, device);
    await this.#unlessSpent(action, device, () => counter.consume(key));
    const address = addressOf(device);
    return {
      succeed: async () => {
        await Promise.all([counter.reward(key), address && this.#counters.address.reward(address.own)]);
      },
    };
  }

  /**
   * Takes one answer to a feature's challenge, from a budget of the same size as `account`. Only a client with the
   * password gets a challenge, so no stranger can spend this budget. All addresses share it, because the password makes
   * any address known and starts any number of challenges.
   * @throws AuthError as `visit`
   */
  async answer(feature: string, userId: string): Promise<Pick<Attempt, 'succeed'>> {
    const { challenge } = this.#counters;
    const key = this.#digest(`challenge:${feature}:${userId}`);
    await this.#unlessSpent('challenge', UNKNOWN_DEVICE, () => challenge.consume(key));
    return {
      succeed: async () => {
        await challenge.reward(key);
      },
    };
  }

  /**
   * Gives an account a fresh budget at an address, after its user has proved in another way who they are. Attempts from
   * other addresses do not spend it.
   */
  async vouch(user: { readonly id: string }, device: Device): Promise<void> {
    const address = addressOf(device);
    if (!address) return;
    const pair = pairOf(this.#keyOf(user, device), address);
    await this.#counters.pair.delete(pair);
    await this.#know(pair);
  }

  /** The narrowest first: a host that has spent its own budget takes nothing from its neighbours. */
  async #takeFrom({ own, prefix56, prefix48 }: ClientAddress): Promise<void> {
    const { address, logins, prefix56: wider, prefix48: widest } = this.#counters;
    await Promise.all([address.consume(own), logins.consume(own)]);
    if (prefix56) await wider.consume(prefix56);
    if (prefix48) await widest.consume(prefix48);
  }

  async #attempt(account: string, address: ClientAddress | null, requester: HashRequester): Promise<Attempt> {
    const counters = this.#counters;
    const pair = address && pairOf(account, address);
    const known = pair !== null && (await counters.known.get(pair)) !== null;
    const [limiter, key] = known ? [counters.pair, pair] : [counters.account, account];
    await limiter.consume(key);
    const spendOn = <T>(check: Promise<T>) =>
      check.catch(async (error: unknown) => {
        if (error instanceof AuthError && error.code === 'overloaded') await limiter.reward(key);
        throw error;
      });
    const succeed = async () => {
      const rewards: Promise<unknown>[] = [limiter.reward(key)];
      if (address) rewards.push(counters.address.reward(address.own));
      if (pair) rewards.push(this.#know(pair));
      await Promise.all(rewards);
    };
    return { requester: { ...requester, known }, spendOn, succeed };
  }

  #know(pair: string): Promise<unknown> {
    return this.#counters.known.set(pair, 1, KNOWN_FOR);
  }

  async #unlessSpent<T>(action: LimitedAction, device: Device, take: () => Promise<T>): Promise<T> {
    try {
      return await take();
    } catch (rejection) {
      if (!isSpent(rejection)) throw rejection;
      this.#options.events.emit('throttled', { action, device });
      throw new AuthError('too_many_attempts', { retryAfter: Math.max(1, Math.ceil(rejection.msBeforeNext / 1000)) });
    }
  }

  /** An id and a login with the same text are different accounts. */
  #keyOf(name: { readonly id: string } | { readonly login: string }, device: Device): string {
    const { key = (given: string) => given } = this.#options;
    const [kind, text] = 'id' in name ? ['id', name.id] : ['login', name.login];
    const account: unknown = key(text, callOf(device)?.request as never);
    if (typeof account !== 'string') {
      throw new AuthError('invalid_configuration', {
        message: `throttle.key returned ${typeof account}; return a string that differs for each tenant and login.`,
      });
    }
    return this.#digest(`${kind}:${account}`);
  }

  #digest(text: string): string {
    return createHmac('sha256', this.#options.secret).update(text).digest('base64url').slice(0, 22);
  }
}

function addressOf({ ip }: Device): ClientAddress | null {
  return ip === null ? null : clientAddress(ip);
}

/** The counter name of an account at one address. */
function pairOf(account: string, { own }: ClientAddress): string {
  return `${account}:${own}`;
}

/** The counters reject with a plain result when the budget is spent. Any other rejection is a failure. */
function isSpent(rejection: unknown): rejection is { readonly msBeforeNext: number } {
  return typeof Object(rejection).msBeforeNext === 'number';
}
