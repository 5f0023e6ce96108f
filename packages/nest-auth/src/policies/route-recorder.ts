import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { recordFastifyRoutes } from './collection/fastify-routes.js';

/** Records the routes of Fastify; it begins before `main.ts` gets the app. */
@Injectable()
export class RouteRecorder {
  constructor(@Inject(HttpAdapterHost) host: HttpAdapterHost) {
    // Nest's TestingModule creates the providers before the adapter.
    host.init$.subscribe(() => {
      const adapter: HttpAdapterHost['httpAdapter'] | undefined = host.httpAdapter;
      if (adapter?.getType() === 'fastify') recordFastifyRoutes(adapter.getInstance());
    });
  }
}
