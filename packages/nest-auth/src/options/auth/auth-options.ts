// Generated from auth-option-table.ts by "npm run reference". Do not edit.

import type { KeyObject } from 'node:crypto';
import type { AuthRequest } from '../../core/auth-request.js';
import type { AccessKeys } from '../../core/keys/key-ring.js';
import type { LimiterFactory } from '../../core/limits/attempt-limit.js';
import type { BeforeAttempt } from '../../core/limits/before-attempt.js';
import type { RegistrationSchema } from '../../core/login/registration-schema.js';
import type { IssuedClaims, Permission, Principal, RegisteredUser, Role } from '../../core/policy/principal.js';
import type { Clock, Duration } from '../../core/time.js';
import type { CredentialStore } from '../../ports/credential-store.js';
import type { EphemeralStore } from '../../ports/ephemeral-store.js';
import type { Mailer } from '../../ports/mailer.js';
import type { PasswordHasher } from '../../ports/password-hasher.js';
import type { SessionStore } from '../../ports/session-store.js';
import type { UserStore } from '../../ports/user-store.js';
import type { Budget } from '../fields/budget.js';

/**
 * What the factory of `forRootAsync` answers with. Boot checks all of it and names every problem at once. A feature
 * adds its own options under its name.
 */
export interface AuthOptions {
  /** The users table. The only store an app must bring. */
  readonly userStore: UserStore<RegisteredUser>;
  /** Where sessions are stored. @default in memory, which production refuses */
  readonly sessionStore?: SessionStore;
  /**
   * Short-lived values of features. The core keeps none.
   * @default in memory, which production refuses if a feature uses it
   */
  readonly ephemeralStore?: EphemeralStore;
  /**
   * Further credentials of users, for features. The core keeps none.
   * @default in memory, which production refuses if a feature uses it
   */
  readonly credentialStore?: CredentialStore;
  /** How features send mail. @default none */
  readonly mailer?: Mailer;

  readonly secrets: {
    /**
     * Signs access tokens: a secret of 32 random bytes (HS256), a key (pair) with its `alg`, or a list. The first
     * signs, all verify.
     */
    readonly access: AccessKeys;
    /**
     * Seals refresh tokens: another secret, or a list. The first seals, all open. Keys for each purpose are derived
     * from it.
     */
    readonly refresh: string | KeyObject | readonly (string | KeyObject)[];
  };

  readonly ttl?: {
    /** Life of an access token. @default '15m' (1s to 1d) */
    readonly access?: Duration;
    /** How long a session may stay unused. @default '30d' (1m to 400d) */
    readonly refresh?: Duration;
    /** How long a session may last in total, however often it is used. @default '90d' (1m to 800d) */
    readonly session?: Duration;
    /**
     * How long a session may last in total if its user does not want to be remembered (`remember: false`);
     * `ttl.session` at most.
     * @default '12h' (1m to 30d)
     */
    readonly browser?: Duration;
    /** How long a replaced refresh token still returns its successor. @default '60s' (0 to 10m) */
    readonly grace?: Duration;
  };

  /** Written into access tokens as `iss`, which tokens must then have. Also the realm of challenges. @default none */
  readonly issuer?: string;
  /** The first is written into access tokens as `aud`. Tokens must then have one of them. @default none */
  readonly audience?: string | readonly string[];
  /** Allowed clock difference. Setting it also extends `ttl.grace` by the same amount. @default '5s' (0 to 1m) */
  readonly clockTolerance?: Duration;
  /** Further claims of an access token. They cannot replace the library's own. @default none */
  readonly claims?: (user: RegisteredUser) => IssuedClaims | Promise<IssuedClaims>;
  /**
   * When a logout ends access tokens. `'immediate'`: at once here, within a second in other processes; 503 if the store
   * has not answered for 3 seconds. `'strict'`: the store is asked on each request. `'eventual'`: when they expire.
   * @default 'immediate'
   */
  readonly revocation?: 'immediate' | 'strict' | 'eventual';

  readonly sessions?: {
    /** How many live sessions a user may have at a time: one per device. @default 100 (1 to 10,000) */
    readonly max?: number;
    /**
     * What a login beyond `max` does: end the user's oldest sessions, or answer `too_many_sessions`.
     * @default 'end-oldest'
     */
    readonly whenFull?: 'end-oldest' | 'refuse';
  };

  /**
   * How tokens are sent. `'bearer'`: in bodies and the `Authorization` header. `'cookie'`: only in HttpOnly cookies.
   * `'both'`: each client chooses, by the header `X-Auth-Transport: cookie`.
   * @default 'bearer'
   */
  readonly transport?: 'bearer' | 'cookie' | 'both';

  readonly cookies?: {
    /** The cookie with the access token. @default `'__Host-Http-access'`; `'nest-auth-access'` without `secure` */
    readonly access?: string;
    /** The cookie with the refresh token. @default `'__Host-Http-refresh'`; `'nest-auth-refresh'` without `secure` */
    readonly refresh?: string;
    /** `SameSite` of both cookies. `'none'` is for pages of another site, and needs `origins`. @default 'lax' */
    readonly sameSite?: 'lax' | 'strict' | 'none';
    /**
     * Whether cookies are sent only over TLS. `false` is for `http:` on a developer's machine (Safari); production
     * refuses it.
     * @default true
     */
    readonly secure?: boolean;
    /**
     * Further origins whose pages may send requests with cookies that change something, and open sockets.
     * @default []
     */
    readonly origins?: readonly string[];
  };

  readonly password?: {
    /**
     * The shortest password, in characters. NIST SP 800-63B asks for 15 if nothing else protects the login, ASVS 5.0
     * for 8.
     * @default 12 (8 to 64)
     */
    readonly minLength?: number;
    /** The longest password, in characters. @default 256 (64 to 4096) */
    readonly maxLength?: number;
    /**
     * Makes new hashes. `Argon2Hasher` comes from `@acme/nest-auth/argon2` and needs `@node-rs/argon2`.
     * @default `new BcryptHasher({ cost: 12 })`
     */
    readonly hasher?: PasswordHasher;
    /** Further schemes whose hashes are accepted. bcrypt always is. @default [] */
    readonly accepts?: readonly PasswordHasher[];
    /** How many hashes run at a time. @default one per core, three at most (1 to 64) */
    readonly concurrency?: number;
    /**
     * How many hashes may wait; more are answered with 503. Accounts that logged in from the same address before have
     * as many places of their own.
     * @default 16 for each that runs (0 to 10,000)
     */
    readonly queue?: number;
  };

  readonly throttle?: {
    /** Attempts on one account. @default { points: 10, duration: '15m' } */
    readonly account?: Budget;
    /**
     * Attempts from one address (IPv6: one /64). The right password gives its attempt back.
     * @default { points: 100, duration: '15m' }
     */
    readonly address?: Budget;
    /** Logins from one address, right or wrong. @default 10 times `address` */
    readonly logins?: Budget;
    /** Logins from one IPv6 /56, right or wrong. @default 10 times `address` */
    readonly prefix56?: Budget;
    /** Logins from one IPv6 /48, right or wrong. @default 40 times `address` */
    readonly prefix48?: Budget;
    /**
     * The name under which attempts are counted, for apps with tenants:
     * `(login, request) => request.headers['x-tenant'] + ':' + login`. `login` is the user's id once the user is found.
     * `request` is `undefined` if `AuthService` was called without `deviceOf(request)`.
     * @default the login
     */
    key?(login: string, request: AuthRequest | undefined): string;
    /**
     * Makes the counters of attempts. To share them between processes:
     * `(options) => new RateLimiterRedis({ ...options, storeClient })`.
     * @default in memory
     */
    readonly limiter?: LimiterFactory;
  };

  readonly policy?: {
    /**
     * `'explicit'`: each handler, or its class, must say who may call it. `'none'`: without a decorator, every
     * authenticated user may.
     * @default 'none'
     */
    readonly require?: 'explicit' | 'none';
    /** Public handlers that may change something, by their names in `listPolicies(app)`. @default [] */
    readonly allowPublic?: readonly string[];
    /**
     * Routes that Express or Fastify answers without the guard, by their names in `listPolicies(app)`. A name that ends
     * with `*` means all names with that beginning.
     * @default []
     */
    readonly allowOutside?: readonly string[];
    /** Class names of global guards that may run before `JwtAuthGuard`. @default [] */
    readonly guardsBefore?: readonly string[];
    /**
     * Every role that users can have. A handler that requires another role is a finding.
     * @default roles are not checked
     */
    readonly roles?: readonly Role[];
    /**
     * Every permission that users can have. A handler that requires another permission is a finding.
     * @default permissions are not checked
     */
    readonly permissions?: readonly Permission[];
    /**
     * Whether boot refuses to start with findings, or logs them once. Without `policy`, it does not check.
     * @default 'throw'
     */
    readonly onFinding?: 'throw' | 'warn';
  };

  /**
   * Called before an attempt is counted or hashed, to ask for a captcha, for example. `action` is `'login'`,
   * `'register'`, `'password_change'` or a limit of a feature. To refuse, it throws, or returns `false` (403
   * `attempt_refused`). It may take as long as `storeTimeout`.
   * @default none
   */
  readonly beforeAttempt?: BeforeAttempt;

  readonly register?: {
    /** Further fields of a registration, as a Standard Schema (zod …) or a class-validator class. @default none */
    readonly schema?: RegistrationSchema;
    /** The roles of a new user. @default [] */
    readonly roles?: readonly Role[];
  };

  readonly tokenFields?: {
    /** The access token's name in answers. @default 'access_token' */
    readonly access_token?: string;
    /** The refresh token's name in answers and bodies. @default 'refresh_token' */
    readonly refresh_token?: string;
    /** The name of the token's type in answers. @default 'token_type' */
    readonly token_type?: string;
    /** The name of the access token's lifetime in answers with tokens. @default 'expires_in' */
    readonly expires_in?: string;
  };

  /**
   * Makes `request.user` for code that expects another shape: `(caller) => ({ userId: caller.id })`. It must return an
   * object, not a promise. `@CurrentUser()` still gives the `Principal`. For HTTP and GraphQL; the users of the app's
   * own Passport strategies stay as they are.
   * @default the `Principal`
   */
  readonly requestUser?: (caller: Principal) => object;
  /** The login's name in bodies and answers. With `'email'`, a login must be an e-mail address. @default 'email' */
  readonly loginField?: string;
  /** Further fields of `GET /auth/me`. @default none */
  readonly profile?: (user: RegisteredUser) => Record<string, unknown>;
  /**
   * How often the stores delete expired entries. `false`: call `SessionService.deleteExpired()` and `deleteExpired()`
   * of the ephemeral store yourself.
   * @default '1h' (1s to 14d)
   */
  readonly housekeeping?: Duration | false;
  /** How long a store may take before the answer is 503. @default '5s' (1s to 1m) */
  readonly storeTimeout?: Duration;
  /** The time in milliseconds, for tests that move it. @default `Date.now` */
  readonly clock?: Clock;
}

/** For `useClass` and `useExisting`. */
export interface AuthOptionsFactory {
  createAuthModuleOptions(): AuthOptions | Promise<AuthOptions>;
}
