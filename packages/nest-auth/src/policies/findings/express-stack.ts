import type { AnsweredRoute, HttpRoute } from '../policy-list.js';
import { sampleOf, shapeOf } from './path-pattern.js';

/** An entry of Express's router, made by `app.use` or `app.get`. */
export interface ExpressLayer {
  readonly name: string;
  /** The part of the path that was matched last, if `match` does not return it. */
  readonly path?: string;
  readonly handle: ((...args: never[]) => unknown) & { readonly stack?: readonly ExpressLayer[] };
  readonly route?: {
    readonly path: unknown;
    readonly methods: Readonly<Record<string, boolean | undefined>>;
    readonly stack: readonly { readonly handle: (...args: never[]) => unknown }[];
  };
  match(path: string): boolean | { readonly path: string };
}

/** The parts of Express that show its router. It has none before the first route. */
export interface ExpressApp {
  readonly router?: { readonly stack?: readonly ExpressLayer[] };
}

/**
 * The routes of Express that always answer. Nest's routes can pass a request on, so they are not included. The paths of
 * mounted routers and static files cannot be read.
 */
export function expressRoutes({ router }: ExpressApp): AnsweredRoute[] {
  return (router?.stack ?? []).flatMap(({ route }) => {
    const last = route?.stack.at(-1)?.handle;
    if (!route || !last || !endsHere(last)) return [];
    const methods = Object.keys(route.methods).map((name) => (name === '_all' ? 'ALL' : name.toUpperCase()));
    return [route.path].flat().flatMap((path) => methods.map((method) => ({ method, path: String(path) })));
  });
}

/**
 * Finds what answers before Nest's own routes, from the real router of Express.
 * @param routes Nest's routes; if they are not registered yet, nothing is found
 * @returns a function that describes what answers in place of a route
 */
export function answeredBefore(
  stack: readonly ExpressLayer[],
  routes: readonly HttpRoute[],
): (route: HttpRoute) => string | undefined {
  const start = firstOf(stack, routes);
  const before = start === undefined ? [] : stack.slice(0, start);
  return (route) => {
    const path = sampleOf(route.path);
    for (const layer of before) {
      const answer = answerOf(layer, route.method, path);
      if (answer) return answer;
    }
    return undefined;
  };
}

/** The index of Nest's first route. Nest registers its routes one after the other. */
function firstOf(stack: readonly ExpressLayer[], routes: readonly HttpRoute[]): number | undefined {
  const registered = [...stack.entries()].flatMap(([index, { route }]) =>
    typeof route?.path === 'string' ? [{ index, shape: shapeOf(route.path) }] : [],
  );
  const wanted = routes.map(({ path }) => shapeOf(path)).sort();
  for (let at = 0; at + wanted.length <= registered.length && wanted.length > 0; at++) {
    const window = registered.slice(at, at + wanted.length).map(({ shape }) => shape);
    if (window.sort().every((shape, index) => shape === wanted[index])) return registered[at]?.index;
  }
  return undefined;
}

function answerOf(layer: ExpressLayer, method: string, path: string): string | undefined {
  const match = layer.match(path);
  if (!match) return undefined;
  const { route, handle } = layer;
  if (route) return routeAnswers(route, method) ? `a route of Express, ${method} ${String(route.path)},` : undefined;
  const mount = (match === true ? layer.path : match.path) ?? '';
  if (handle.stack) {
    const rest = path.slice(mount.length) || '/';
    const inner = handle.stack.map((one) => answerOf(one, method, rest)).find((answer) => answer !== undefined);
    return inner && `in a router under ${mount || '/'}, ${inner}`;
  }
  // A static mount under '/' sees every path, and usually has no file for it.
  if (layer.name === 'serveStatic')
    return mount !== '' && ['GET', 'HEAD', 'ALL'].includes(method) ? `the static mount under ${mount}` : undefined;
  return endsHere(handle) ? `a middleware under ${mount || '/'}, ${layer.name},` : undefined;
}

function routeAnswers({ methods, stack }: NonNullable<ExpressLayer['route']>, method: string): boolean {
  const isOfMethod = methods._all || methods[method.toLowerCase()] || (method === 'HEAD' && methods.get);
  const last = stack.at(-1)?.handle;
  return Boolean(isOfMethod) && last !== undefined && endsHere(last);
}

/** A middleware without a third parameter cannot pass a request on. One with rest parameters can. */
function endsHere({ length }: { readonly length: number }): boolean {
  return length === 1 || length === 2;
}
