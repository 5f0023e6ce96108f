import type { AttemptBudget, AuthOptions, KeyPair } from '@acme/nest-auth';

/** Users are always in PostgreSQL and counters always in Redis; sessions are here or there. */
export type SessionsOn = 'postgres' | 'redis';

/** How one app process is set up. It travels as JSON. */
export interface WorkerSettings extends Pick<AuthOptions, 'ttl' | 'clockTolerance' | 'revocation'> {
  /** URL of a database with the schema of the migration. */
  readonly postgres: string;
  readonly redis: string;
  /** The prefix of every key in Redis. */
  readonly prefix: string;
  readonly sessions: SessionsOn;
  readonly keys: readonly KeyPair[];
  readonly refreshSecret: string;
  /** The error of the machine's clock, in milliseconds. @default 0 */
  readonly skew?: number;
  /** In seconds. @default 5 */
  readonly storeTimeout?: number;
  readonly throttle?: { readonly account: AttemptBudget; readonly address: AttemptBudget };
}

/** The step at which a process dies, with SIGKILL, the next time it reaches it. */
export interface Failpoint {
  readonly call: 'SessionStore.advance' | 'UserStore.findById';
  readonly at: 'before' | 'after';
}

/** The messages of the tests to a process over IPC; each is answered with a `Report`. */
export type Order =
  | { readonly do: 'arm'; readonly failpoint: Failpoint }
  | { readonly do: 'keys'; readonly keys: readonly KeyPair[] }
  | { readonly do: 'end-user'; readonly userId: string }
  | { readonly do: 'tidy' }
  | { readonly do: 'report' }
  | { readonly do: 'stop' };

export interface Report {
  /** The uncaught errors, as text. */
  readonly unhandled: readonly string[];
  /** How often a password was hashed or verified. */
  readonly hashes: number;
}

export type ToWorker = Order & { readonly id: number };
export type FromWorker = { readonly port: number } | { readonly id: number; readonly report: Report };
