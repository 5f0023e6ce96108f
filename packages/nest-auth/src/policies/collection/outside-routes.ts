import type { HttpServer } from '@nestjs/common';
import { type ExpressApp, expressRoutes } from '../findings/express-stack.js';
import { shapesOf } from '../findings/path-pattern.js';
import type { AnsweredRoute, HttpRoute, OutsideRoute } from '../policy-list.js';
import { fastifyRoutes } from './fastify-routes.js';

/** A GET route answers HEAD too, and OPTIONS is for preflights. */
const LEFT_OUT = ['HEAD', 'OPTIONS'];
const ALL = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * The routes that Express or Fastify answers without Nest, as far as they can be read. A path that Nest has too is left
 * out, because the finding `shadowed` covers it.
 * @param routes Nest's routes
 */
export function outsideRoutes(adapter: HttpServer | undefined, routes: readonly HttpRoute[]): OutsideRoute[] {
  const ours = new Set(routes.flatMap(({ method, path }) => shapesOf(path).map((shape) => `${method} ${shape}`)));
  const found = new Map<string, { readonly path: string; readonly methods: Set<string> }>();
  for (const { method, path } of answeredBy(adapter)) {
    const [shape = ''] = shapesOf(path);
    if (LEFT_OUT.includes(method) || ours.has(`${method} ${shape}`) || ours.has(`ALL ${shape}`)) continue;
    const one = found.get(shape) ?? { path, methods: new Set() };
    found.set(shape, { ...one, methods: one.methods.add(method) });
  }
  return [...found.values()].flatMap(({ path, methods }) =>
    merged(methods).map((method) => ({ name: `${method} ${path}`, method, path })),
  );
}

function answeredBy(adapter: HttpServer | undefined): readonly AnsweredRoute[] {
  const instance: unknown = adapter?.getInstance();
  if (adapter?.getType() === 'express') return expressRoutes(instance as ExpressApp);
  return adapter?.getType() === 'fastify' ? fastifyRoutes(instance as object) : [];
}

/** Fastify registers `all` as one route for each method. */
function merged(methods: ReadonlySet<string>): readonly string[] {
  return methods.has('ALL') || ALL.every((method) => methods.has(method)) ? ['ALL'] : [...methods];
}
