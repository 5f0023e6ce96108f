import type { KeyObject } from 'node:crypto';
import type { LimiterFactory } from '../core/attempt-limit.js';
import type { AuthRequest } from '../core/auth-request.js';
import type { IssuedClaims, RegisteredUser, Role } from '../core/principal.js';
import type { RegistrationSchema } from '../core/registration-schema.js';
import type { Clock, Duration } from '../core/time.js';
import type { AccessKeys } from '../core/tokens/key-ring.js';
import type { CredentialStore } from '../ports/credential-store.js';
import type { EphemeralStore } from '../ports/ephemeral-store.js';
import type { Mailer } from '../ports/mailer.js';
import type { PasswordHasher } from '../ports/password-hasher.js';
import type { SessionStore } from '../ports/session-store.js';
import type { UserStore } from '../ports/user-store.js';

/** `points` attempts within `duration` (`'15m'`, or seconds). */
interface Budget {
  readonly points: number;
  readonly duration: Duration;
}

/** What the factory of `forRootAsync` answers with. Boot checks all of it and names every problem at once. */
export interface AuthOptions {
  /** The users table. The only store an app must bring. */
  readonly userStore: UserStore<RegisteredUser>;
  /** Where sessions live. @default in memory, which production refuses */
  readonly sessionStore?: SessionStore;
  /** Short-lived values of features. @default in memory, which production refuses if a feature uses it */
  readonly ephemeralStore?: EphemeralStore;
  /** Further credentials of users, for features. @default in memory, which production refuses if a feature uses it */
  readonly credentialStore?: CredentialStore;
  /** How features send mail. @default none */
  readonly mailer?: Mailer;

  readonly secrets: {
    /** A secret of 32 random bytes (HS256), a key (pair) with its `alg`, or a list: the first signs, all verify. */
    readonly access: AccessKeys;
    /** Another secret, or a list: the first seals, all open. Keys for each purpose are derived from it. */
    readonly refresh: string | KeyObject | readonly (string | KeyObject)[];
  };

  readonly ttl?: {
    /** Life of an access token. @default '15m' (a day at most) */
    readonly access?: Duration;
    /** How long a session may lie unused. @default '30d' */
    readonly refresh?: Duration;
    /** How long a session may last in all, however busy. @default '90d' */
    readonly session?: Duration;
    /** How long a replaced refresh token still answers with its successor. @default '60s' (10 minutes at most) */
    readonly grace?: Duration;
  };

  /** Written into access tokens (`iss`) and required of them. @default none */
  readonly issuer?: string;
  /** Written into access tokens (`aud`, the first) and required of them (any). @default none */
  readonly audience?: string | readonly string[];
  /** Allowed clock difference. Setting it also extends `ttl.grace` by the same amount. @default '5s' (60 s at most) */
  readonly clockTolerance?: Duration;
  /** Further claims of an access token. They cannot replace the library's own. @default none */
  readonly claims?: (user: RegisteredUser) => IssuedClaims | Promise<IssuedClaims>;
  /**
   * When a logout ends access tokens: at once in this process, at once by asking the store on each request, or when
   * they expire. @default 'immediate'
   */
  readonly revocation?: 'immediate' | 'strict' | 'eventual';

  readonly sessions?: {
    /** How many sessions of a user may live at a time: one per device. @default 100 (10,000 at most) */
    readonly max?: number;
    /** What a login beyond `max` does: end the user's oldest sessions, or answer `too_many_sessions`. @default 'end-oldest' */
    readonly whenFull?: 'end-oldest' | 'refuse';
  };

  readonly sockets?: {
    /** The cookie that carries the access token when a browser opens a WebSocket. @default none */
    readonly cookie?: string;
    /** Further origins whose pages may open a WebSocket by cookie: `['https://app.example.org']`. @default [] */
    readonly origins?: readonly string[];
  };

  readonly password?: {
    /**
     * In characters, 8 at least. NIST SP 800-63B asks for 15 if nothing else protects the login, ASVS 5.0 for 8.
     * @default 12
     */
    readonly minLength?: number;
    /** In characters. @default 256 */
    readonly maxLength?: number;
    /** Makes new hashes. @default `new BcryptHasher({ cost: 12 })` */
    readonly hasher?: PasswordHasher;
    /** Further schemes whose hashes still log in. bcrypt always does. @default [] */
    readonly accepts?: readonly PasswordHasher[];
    /** How many hashes run at a time. @default one per core, three at most */
    readonly concurrency?: number;
    /**
     * How many hashes may wait; more are answered with 503. Accounts that logged in from the same address before have
     * as many places of their own. @default 16 for each that runs
     */
    readonly queue?: number;
  };

  readonly throttle?: {
    /** Attempts on one account. @default 10 in '15m' */
    readonly account?: Budget;
    /** Attempts from one address (IPv6: one /64). The right password gives its attempt back. @default 100 in '15m' */
    readonly address?: Budget;
    /** Logins from one address, right or wrong. @default 10 times `address` */
    readonly logins?: Budget;
    /** Logins from one IPv6 /56, right or wrong. @default 10 times `address` */
    readonly prefix56?: Budget;
    /** Logins from one IPv6 /48, right or wrong. @default 40 times `address` */
    readonly prefix48?: Budget;
    /**
     * What attempts are counted under, for apps with tenants: `(login, request) => request.headers['x-tenant'] + ':' + login`.
     * `login` is the user's id once the user is found. `request` is `undefined` if `AuthService` was called without
     * `deviceOf(request)`. @default login
     */
    key?(login: string, request: AuthRequest | undefined): string;
    /** Makes the counters; pass one to share them: `(options) => new RateLimiterRedis({ ...options, storeClient })`. @default in memory */
    readonly limiter?: LimiterFactory;
  };

  readonly register?: {
    /** Further fields of a registration, as a Standard Schema (zod …) or a class-validator class. @default none */
    readonly schema?: RegistrationSchema;
    /** What a new user starts with. @default [] */
    readonly roles?: readonly Role[];
  };

  /** The login's name in bodies and answers. @default 'email' */
  readonly loginField?: string;
  /** Further fields of `GET /auth/me`. @default none */
  readonly profile?: (user: RegisteredUser) => Record<string, unknown>;
  /** How often the stores are told to delete what has expired; `false`: the app does it. @default '1h' */
  readonly housekeeping?: Duration | false;
  /** How long a store may take before the answer is 503. @default '5s' */
  readonly storeTimeout?: Duration;
  /** The time in milliseconds, for tests that move it. @default Date.now */
  readonly clock?: Clock;
}

/** For `useClass` and `useExisting`. */
export interface AuthOptionsFactory {
  createAuthModuleOptions(): AuthOptions | Promise<AuthOptions>;
}
