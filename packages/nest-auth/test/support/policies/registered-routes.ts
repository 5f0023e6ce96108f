import type { INestApplication } from '@nestjs/common';

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}
interface FastifyRoute {
  readonly method: string | readonly string[];
  readonly url: string;
}

/** The routes that Nest registers on the HTTP platform, as `GET /notes`. Call it before the app is initialised. */
export function recordRoutes(app: INestApplication): () => string[] {
  const instance = app.getHttpAdapter().getInstance();
  if (app.getHttpAdapter().getType() === 'express') {
    return () =>
      (instance.router.stack as Layer[]).flatMap(({ route }) => (route ? [`${methodOf(route)} ${route.path}`] : []));
  }
  const routes: FastifyRoute[] = [];
  instance.addHook('onRoute', (route: FastifyRoute) => void routes.push(route));
  return () =>
    routes.flatMap(({ method, url }) => {
      if (Array.isArray(method)) return [`${method.length > 2 ? 'ALL' : method[0]} ${url}`];
      // Fastify adds HEAD to each GET.
      return method === 'HEAD' ? [] : [`${method} ${url}`];
    });
}

function methodOf({ methods }: NonNullable<Layer['route']>): string {
  const [method = '', ...others] = Object.keys(methods).filter((name) => name !== '_all');
  return methods._all || others.length > 0 ? 'ALL' : method.toUpperCase();
}
