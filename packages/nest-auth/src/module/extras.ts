// Generated from extras-table.ts by "npm run reference". Do not edit.
import type { AuthFeature } from '../features/feature.js';

/** The library's routes. Each can be turned off. */
export interface AuthRoutes {
  /** The path before the routes. @default 'auth' */
  readonly prefix?: string;
  /** `POST /auth/register`. @default true */
  readonly register?: boolean;
  /** `POST /auth/login`. @default true */
  readonly login?: boolean;
  /** `POST /auth/refresh`. @default true */
  readonly refresh?: boolean;
  /** `POST /auth/logout`. @default true */
  readonly logout?: boolean;
  /** `POST /auth/logout-all`. @default true */
  readonly logoutAll?: boolean;
  /** `GET /auth/me`. @default true */
  readonly me?: boolean;
  /** `POST /auth/password`. @default true */
  readonly password?: boolean;
  /** `POST /auth/confirm`. @default true */
  readonly confirm?: boolean;
  /** `GET /auth/sessions` and `DELETE /auth/sessions/:id`. @default true */
  readonly sessions?: boolean;
  /** `GET /.well-known/jwks.json`, outside the prefix. @default true */
  readonly jwks?: boolean;
}

/** What shapes the module graph, and so cannot come out of a factory. */
export interface AuthExtras {
  /** Whether every module sees the services and guards. @default true */
  readonly isGlobal?: boolean;
  /**
   * Whether every route, resolver, gateway and message handler of the app is private unless it says otherwise.
   * @default true
   */
  readonly globalGuard?: boolean;
  /** The library's routes; `false` for none. @default all, under `'auth'` */
  readonly routes?: AuthRoutes | false;
  /** Optional parts. @default [] */
  readonly features?: readonly AuthFeature[];
}

/** As `AuthExtras`, without what needs routes. */
export type ResourceServerExtras = Pick<AuthExtras, 'isGlobal' | 'globalGuard'>;
