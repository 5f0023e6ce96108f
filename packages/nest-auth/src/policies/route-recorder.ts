import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { recordFastifyRoutes } from './collection/fastify-routes.js';

/** Lets Fastify tell its routes from before `main.ts` gets the app. */
@Injectable()
export class RouteRecorder {
  constructor(@Inject(HttpAdapterHost) host: HttpAdapterHost) {
    // An app of Nest's TestingModule has its adapter later than its providers.
    host.init$.subscribe(() => {
      const adapter: HttpAdapterHost['httpAdapter'] | undefined = host.httpAdapter;
      if (adapter?.getType() === 'fastify') recordFastifyRoutes(adapter.getInstance());
    });
  }
}
