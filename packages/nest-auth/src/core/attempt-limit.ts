import { createHmac } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { type IRateLimiterOptions, type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';
import { AuthError } from './auth-error.js';
import type { AuthEvents, Device } from './auth-event.js';
import { guardStore } from './resilience/guarded-store.js';

/** `points` attempts within `duration` seconds. */
export interface AttemptBudget {
  readonly points: number;
  readonly duration: number;
}

/** One attempt that was taken. */
export interface Attempt {
  /** It came to nothing: the server was busy. */
  giveBack(): Promise<void>;
  /** It was the account's owner: the attempt comes back, and the address is known from now on. */
  succeed(): Promise<void>;
}

/** Makes one counter; any store of rate-limiter-flexible will do. */
export type LimiterFactory = (options: IRateLimiterOptions) => RateLimiterAbstract;

export interface AttemptLimitOptions {
  /** Per login, from all addresses that never logged it in. */
  readonly account: AttemptBudget;
  readonly address: AttemptBudget;
  readonly limiter?: LimiterFactory | undefined;
  /** How long a counter may take, in milliseconds. */
  readonly timeout: number;
  /** Keys the counters, so that a leaked counter store lists no logins. */
  readonly key: Buffer;
  readonly events: AuthEvents;
}

export type LimitedAction = 'login' | 'register' | 'password_change';

/** Seconds. The memory counters keep a timer for each key, and a timer holds 24.8 days at most. */
const KNOWN_FOR = 14 * 24 * 60 * 60;

/**
 * Counts attempts before any hash is computed, successes and unknown logins alike, so that the answer tells nothing.
 * An address that logged an account in before has a budget of its own for it: whoever floods the account from
 * elsewhere does not lock its owner out.
 */
export class AttemptLimit {
  readonly #account: RateLimiterAbstract;
  readonly #address: RateLimiterAbstract;
  readonly #pair: RateLimiterAbstract;
  readonly #known: RateLimiterAbstract;

  readonly #key: Buffer;
  readonly #events: AuthEvents;

  constructor(options: AttemptLimitOptions) {
    const { account, address, limiter = (given) => new RateLimiterMemory(given), timeout } = options;
    this.#key = options.key;
    this.#events = options.events;
    const counter = (name: string, budget: AttemptBudget) =>
      guardStore(limiter({ ...budget, keyPrefix: `nest-auth:${name}` }), `AttemptLimit.${name}`, timeout, isSpent);
    this.#account = counter('account', account);
    this.#address = counter('address', address);
    this.#pair = counter('pair', account);
    this.#known = counter('known', { points: 1, duration: KNOWN_FOR });
  }

  /**
   * Takes one attempt.
   * @throws AuthError `too_many_attempts` with `retryAfter`; `store_unavailable` when the counters are down
   */
  async take(action: LimitedAction, login: string | null, device: Device): Promise<Attempt> {
    const taken: (() => Promise<unknown>)[] = [];
    try {
      const address = device.ip === null ? null : networkOf(device.ip);
      if (address !== null) {
        await this.#address.consume(address);
        taken.push(() => this.#address.reward(address));
      }
      const giveBack = async () => {
        for (const reward of taken) await reward();
      };
      if (login === null) return { giveBack, succeed: giveBack };
      const account = this.#keyOf(login);
      const pair = address === null ? null : `${account}:${address}`;
      const isKnown = pair !== null && (await this.#known.get(pair)) !== null;
      const [limiter, key] = isKnown ? [this.#pair, pair] : [this.#account, account];
      await limiter.consume(key);
      taken.push(() => limiter.reward(key));
      const succeed = async () => {
        await giveBack();
        if (pair !== null) await this.#known.set(pair, 1, KNOWN_FOR);
      };
      return { giveBack, succeed };
    } catch (rejection) {
      throw this.#refusal(action, device, rejection);
    }
  }

  #refusal(action: LimitedAction, device: Device, rejection: unknown): unknown {
    if (!isSpent(rejection)) return rejection;
    this.#events.emit('throttled', { action, device });
    return new AuthError('too_many_attempts', { retryAfter: Math.max(1, Math.ceil(rejection.msBeforeNext / 1000)) });
  }

  #keyOf(login: string): string {
    return createHmac('sha256', this.#key).update(login).digest('base64url').slice(0, 22);
  }
}

/** The counters reject with a plain result when the budget is spent; everything else is a failure of theirs. */
function isSpent(rejection: unknown): rejection is { readonly msBeforeNext: number } {
  return typeof Object(rejection).msBeforeNext === 'number';
}

/** One caller's network: an IPv4 address, or the /64 of an IPv6 one, which a single host can move about in. */
export function networkOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped) return mapped;
  const bare = ip.split('%')[0] ?? ip;
  if (!isIPv6(bare)) return ip;
  const [head = '', tail] = bare.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
