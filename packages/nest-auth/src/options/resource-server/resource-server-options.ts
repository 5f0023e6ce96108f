// Generated from resource-server-option-table.ts by "npm run reference". Do not edit.

import type { JwkSet } from '../../core/keys/jwk-set.js';
import type { AccessKeys } from '../../core/keys/key-ring.js';
import type { Permission, Principal, Role } from '../../core/policy/principal.js';
import type { Clock, Duration } from '../../core/time.js';
import type { ReadCaller } from '../../core/tokens/foreign-claims.js';

/** What a service needs to verify another app's access tokens. Either `jwksUri` or `keys`, not both. */
export interface ResourceServerOptions {
  /**
   * Where the issuer publishes its keys, unless `keys` is given; `https:`, or `http:` on localhost. Asked at boot and
   * then on a schedule.
   * @default none
   */
  readonly jwksUri?: string;
  /**
   * The issuer's keys: as in its `secrets.access` (public keys are enough), or a JWK Set. Without them `jwksUri` is
   * required.
   * @default none
   */
  readonly keys?: AccessKeys | JwkSet;
  /** The `iss` that tokens must have: the `issuer` of the app that issues them. Also the realm of challenges. */
  readonly issuer: string;
  /** The issuer's names for this service. The `aud` of tokens must include one of them. */
  readonly audience: string | readonly string[];
  /** Allowed clock difference. @default '5s' (0 to 1m) */
  readonly clockTolerance?: Duration;
  /** Maximum age of a token; at least the issuer's `ttl.access`. @default '1h' (1s to 1d) */
  readonly maxAge?: Duration;
  /** How long the issuer may take to answer with its keys. @default '5s' (1s to 1m) */
  readonly jwksTimeout?: Duration;
  /** How often the issuer is asked for its keys. @default '5m' (10s to 1d) */
  readonly jwksRefresh?: Duration;
  /** How long the last keys are used while the issuer does not answer; then 503. @default '1h' (10s to 7d) */
  readonly jwksMaxStale?: Duration;
  /**
   * For tokens of another issuer, such as Keycloak or Auth0: makes the caller's roles and permissions from the claims,
   * `({ realm_access }) => ({ roles: realm_access.roles })`. Return `null` to refuse a token, above all one that is not
   * an access token.
   * @default none
   */
  readonly caller?: ReadCaller;
  /**
   * How tokens are sent. `'bearer'`: in bodies and the `Authorization` header. `'cookie'`: only in HttpOnly cookies.
   * `'both'`: each client chooses, by the header `X-Auth-Transport: cookie`.
   * @default 'bearer'
   */
  readonly transport?: 'bearer' | 'cookie' | 'both';

  readonly cookies?: {
    /** The cookie with the access token. @default `'__Host-Http-access'`; `'nest-auth-access'` without `secure` */
    readonly access?: string;
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
   * Makes `request.user` for code that expects another shape: `(caller) => ({ userId: caller.id })`. It must return an
   * object, not a promise. `@CurrentUser()` still gives the `Principal`. For HTTP and GraphQL; the users of the app's
   * own Passport strategies stay as they are.
   * @default the `Principal`
   */
  readonly requestUser?: (caller: Principal) => object;
  /** The time in milliseconds, for tests that move it. @default `Date.now` */
  readonly clock?: Clock;
}

/** For `useClass` and `useExisting`. */
export interface ResourceServerOptionsFactory {
  createResourceServerOptions(): ResourceServerOptions | Promise<ResourceServerOptions>;
}
