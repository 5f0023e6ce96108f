import type { HttpRoute } from '../policy-list.js';
import { covers } from './path-pattern.js';

/** A route that is never reached, and the route that answers in its place. */
export interface Conflict<T> {
  readonly dead: T;
  readonly winner: T;
  readonly code: 'shadowed' | 'duplicate';
}

/**
 * The routes that are never reached, because another route answers.
 * @param routes in the order in which they are registered
 * @param isOrdered whether the first matching route answers, as on Express, or the most specific one, as on Fastify
 */
export function conflictsOf<T extends { readonly route: HttpRoute }>(
  routes: readonly T[],
  isOrdered: boolean,
): Conflict<T>[] {
  return routes.flatMap((dead, index): Conflict<T>[] => {
    for (const winner of routes.slice(0, index)) {
      if (!answersAll(winner.route, dead.route)) continue;
      const isSame = winner.route.method === dead.route.method && covers(dead.route.path, winner.route.path);
      if (isSame || isOrdered) return [{ dead, winner, code: isSame ? 'duplicate' : 'shadowed' }];
    }
    return [];
  });
}

/** Whether the first route matches every request of the second. */
function answersAll(first: HttpRoute, second: HttpRoute): boolean {
  return (
    methodCovers(first.method, second.method) &&
    listCovers(first.versions, second.versions, 'neutral') &&
    listCovers(first.hosts, second.hosts) &&
    covers(first.path, second.path)
  );
}

/** A GET route answers HEAD too. */
function methodCovers(first: string, second: string): boolean {
  return first === second || first === 'ALL' || (first === 'GET' && second === 'HEAD');
}

/** @param any the entry that covers everything; a missing list covers everything too */
function listCovers(
  first: readonly string[] | undefined,
  second: readonly string[] | undefined,
  any?: string,
): boolean {
  if (first === undefined || (any !== undefined && first.includes(any))) return true;
  return second?.every((one) => first.includes(one)) === true;
}
