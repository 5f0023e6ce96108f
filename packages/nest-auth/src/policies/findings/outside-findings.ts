import { isUnsafe } from '../collection/http-routes.js';
import type { OutsideRoute, PolicyFinding, PolicyRules } from '../policy-list.js';
import { shapeOf } from './path-pattern.js';

/**
 * The findings about routes outside the guard: those that may change something, or all with `require: 'explicit'`.
 * @param graphql the endpoints of GraphQL, whose resolvers are handlers of the list
 */
export function outsideFindings(
  outside: readonly OutsideRoute[],
  graphql: readonly string[],
  { require, allowOutside = [] }: PolicyRules,
): PolicyFinding[] {
  const isAllowed = ({ name }: OutsideRoute) =>
    allowOutside.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one));
  const endpoints = new Set(graphql.map(shapeOf));
  return outside
    .filter(({ method }) => require === 'explicit' || isUnsafe(method))
    .filter((route) => !isAllowed(route) && !endpoints.has(shapeOf(route.path)))
    .map(({ name }) => ({
      code: 'outside_guard',
      name,
      message: `${name} is answered by the HTTP server itself, outside of the guard, so everybody may call it.`,
      remedy: `Remove it, protect it yourself, or add '${name}' to policy.allowOutside.`,
    }));
}
