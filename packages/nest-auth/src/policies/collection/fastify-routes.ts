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

// On the instance, under a global symbol: the command is an ES module, and a CommonJS app has another copy of this file.
const RECORDED = Symbol.for('acme/nest-auth:fastify-routes');
type Recorded = { [RECORDED]?: AnsweredRoute[] };

/** Records each route that is added from now on, Nest's routes too. Fastify has no list of its routes. */
export function recordFastifyRoutes(instance: FastifyInstance & Recorded): void {
  if (instance[RECORDED]) return;
  const routes: AnsweredRoute[] = [];
  Object.defineProperty(instance, RECORDED, { value: routes });
  instance.addHook('onRoute', ({ method, url }) => {
    routes.push(...[method].flat().map((one) => ({ method: one, path: url })));
  });
}

/** The routes that were added since `recordFastifyRoutes`. */
export function fastifyRoutes(instance: Recorded): readonly AnsweredRoute[] {
  return instance[RECORDED] ?? [];
}
