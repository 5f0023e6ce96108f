import { type AuthDescription, RefreshAuthGuard, TokenAnswers } from '@acme/nest-auth';
import type { Refusals } from './refusals.js';
import type { Requirement } from './requirement.js';
import type { Route } from './route-finder.js';

const SAFE_METHODS = ['get', 'head', 'options'];

/** The refusals of routes that read cookies: planted cookies, two kinds of credentials, and pages of other sites. */
export function cookieRefusals(
  method: string,
  routes: readonly Route[],
  { readsToken }: Requirement,
  { transport }: AuthDescription,
): Refusals {
  if (transport === 'bearer' || !(readsToken || routes.some(readsCookies))) return {};
  const refusals: Refusals = { 400: ['invalid_request'] };
  return SAFE_METHODS.includes(method) ? refusals : { ...refusals, 403: ['cross_site_request'] };
}

/** True for the library's routes, routes of features, and the app's routes that use the same interceptor or guard. */
function readsCookies({ controller, handler }: Route): boolean {
  // Nest keeps what `@UseInterceptors` and `@UseGuards` list under these keys, for a class as for a handler.
  const listed = (key: string) =>
    [controller, handler].flatMap((target) => (Reflect.getMetadata(key, target) as unknown[] | undefined) ?? []);
  return listed('__interceptors__').includes(TokenAnswers) || listed('__guards__').includes(RefreshAuthGuard);
}
