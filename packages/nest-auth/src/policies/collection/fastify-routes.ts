import type { AnsweredRoute } from '../policy-list.js';

interface Route {
  readonly method: string | readonly string[];
  /** With the prefix of its plugin. */
  readonly url: string;
}

/** The part of Fastify that reports each new route. */
export interface FastifyInstance {
  addHook(name: 'onRoute', hook: (route: Route) => void): unknown;
}

const RECORDED = new WeakMap<object, AnsweredRoute[]>();

/** Records each route that is added from now on, Nest's routes too. Fastify has no list of its routes. */
export function recordFastifyRoutes(instance: FastifyInstance): void {
  if (RECORDED.has(instance)) return;
  const routes: AnsweredRoute[] = [];
  RECORDED.set(instance, routes);
  instance.addHook('onRoute', ({ method, url }) => {
    routes.push(...[method].flat().map((one) => ({ method: one, path: url })));
  });
}

/** The routes that were added since `recordFastifyRoutes`. */
export function fastifyRoutes(instance: object): readonly AnsweredRoute[] {
  return RECORDED.get(instance) ?? [];
}
