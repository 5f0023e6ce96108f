import type { AttemptBudget, AttemptBudgets, FurtherBudgets } from '../core/limits/attempt-limit.js';
import type { HashLoad, HashQueue } from '../core/resilience/hash-queue.js';
import type { RevocationFeed } from '../core/revocation/revocation-feed.js';
import type { LiveConnections } from '../core/sessions/live-connections.js';
import type { KeyStatus, TokenService } from '../core/tokens/token-service.js';
import type { TokenTransport } from '../http/access-token.js';
import type { AuthSettings } from '../options/auth/auth-settings.js';

/** A limit of attempts by its name: `'account'`, or the limit of a feature. */
export interface NamedBudget extends AttemptBudget {
  readonly name: string;
}

/** The state of the library in this process, without secrets and users. */
export interface AuthStatusReport {
  readonly transport: TokenTransport;
  /** Their names, in their order. */
  readonly features: readonly string[];
  /** The signing key comes first. */
  readonly keys: readonly KeyStatus[];
  /** Password hashes. */
  readonly hashes: HashLoad;
  readonly revocation: {
    readonly mode: 'immediate' | 'strict' | 'eventual';
    /**
     * How old the newest answer of the store about revocations is, in milliseconds. `undefined` before the first
     * answer, in another mode, and for a store without `revokedSince`.
     */
    readonly age: number | undefined;
  };
  /** The number of open sockets and subscriptions of authenticated callers. */
  readonly connections: number;
  readonly budgets: readonly NamedBudget[];
}

interface AuthStatusOptions extends Pick<AuthStatusReport, 'transport' | 'features' | 'budgets'> {
  readonly revocation: AuthSettings['revocation'];
  readonly tokens: TokenService;
  readonly queue: HashQueue;
  readonly feed: RevocationFeed | null;
  readonly connections: LiveConnections;
}

/**
 * The state of the library, for dashboards and health checks. It calls no store.
 *
 * @example
 * ```ts
 * const { hashes, revocation } = status.read();
 * if (hashes.waiting > 0) log(`${hashes.waiting} logins wait`);
 * ```
 */
export class AuthStatus {
  // `#` hides it at run time too, because the services in it contain keys.
  readonly #options: AuthStatusOptions;

  constructor(options: AuthStatusOptions) {
    this.#options = options;
  }

  read(): AuthStatusReport {
    const { transport, features, budgets, revocation, tokens, queue, feed, connections } = this.#options;
    return {
      transport,
      features,
      keys: tokens.keys(),
      hashes: queue.load,
      revocation: { mode: revocation, age: feed?.age },
      connections: connections.size,
      budgets,
    };
  }
}

export function budgetsOf(own: AttemptBudgets, further: FurtherBudgets): NamedBudget[] {
  const { account, address, logins, prefix56, prefix48 } = own;
  const named = { account, address, logins, prefix56, prefix48, ...further };
  return Object.entries(named).map(([name, { points, duration }]) => ({ name, points, duration }));
}
