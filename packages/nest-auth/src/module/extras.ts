import type { AuthFeature } from '../features/feature.js';
import type { RouteSwitches } from '../routes/auth.controller.js';

/** The library's routes. Each can be turned off. */
export interface AuthRoutes extends RouteSwitches {
  /** The path before the routes. @default 'auth' */
  readonly prefix?: string;
  /** `GET /.well-known/jwks.json`, outside the prefix. @default true */
  readonly jwks?: boolean;
}

/** What shapes the module graph, and so cannot come out of a factory. */
export interface AuthExtras {
  /** Whether every module sees the services and guards. @default true */
  readonly isGlobal?: boolean;
  /** Whether every route of the app is private unless it says otherwise. @default true */
  readonly globalGuard?: boolean;
  /** The library's routes; `false` for none. @default all, under 'auth' */
  readonly routes?: AuthRoutes | false;
  /** Optional parts. @default [] */
  readonly features?: readonly AuthFeature[];
}

/** As `AuthExtras`, without what needs routes. */
export type ResourceServerExtras = Pick<AuthExtras, 'isGlobal' | 'globalGuard'>;
