import type { Clock, Duration } from '../core/time.js';
import type { JwkSet } from '../core/tokens/jwk-set.js';
import type { AccessKeys } from '../core/tokens/key-ring.js';
import type { AuthOptions } from './auth-options.js';

/** What a service needs to verify another app's access tokens. Either `jwksUri` or `keys`, not both. */
export interface ResourceServerOptions {
  /** Where the issuer publishes its keys; `https:`, or `http:` on localhost. Asked at boot and then on a schedule. */
  readonly jwksUri?: string;
  /** The issuer's keys: as in its `secrets.access` (public keys are enough), or a JWK Set. */
  readonly keys?: AccessKeys | JwkSet;
  /** Required of tokens (`iss`): the `issuer` of the app that issues them. */
  readonly issuer: string;
  /** Required of tokens (`aud`): this service, by the names that the issuer has for it (any). */
  readonly audience: string | readonly string[];
  /** Allowed clock difference. @default '5s' (60 s at most) */
  readonly clockTolerance?: Duration;
  /** The oldest token that is accepted; no less than the issuer's `ttl.access`. @default '1h' (a day at most) */
  readonly maxAge?: Duration;
  /** How long the issuer may take to answer with its keys. @default '5s' (60 s at most) */
  readonly jwksTimeout?: Duration;
  /** How often the issuer is asked for its keys. @default '5m' (10 s to a day) */
  readonly jwksRefresh?: Duration;
  /** How long the last keys are relied on while the issuer does not answer; then 503. @default '1h' (a week at most) */
  readonly jwksMaxStale?: Duration;
  /** As `sockets` of the issuing app: how browsers may open WebSockets here. */
  readonly sockets?: AuthOptions['sockets'];
  /** The time in milliseconds, for tests that move it. @default Date.now */
  readonly clock?: Clock;
}

/** For `useClass` and `useExisting`. */
export interface ResourceServerOptionsFactory {
  createResourceServerOptions(): ResourceServerOptions | Promise<ResourceServerOptions>;
}
