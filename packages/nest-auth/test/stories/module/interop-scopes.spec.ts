import { setImmediate } from 'node:timers/promises';
import {
  AuthService,
  CurrentUser,
  JwtAuthGuard,
  JwtStrategy,
  type Principal,
  SessionService,
  TokenService,
} from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, Inject, Injectable, Scope, type Type } from '@nestjs/common';
import {
  type ContextId,
  ContextIdFactory,
  type ContextIdStrategy,
  type HostComponentInfo,
  ModuleRef,
  REQUEST,
} from '@nestjs/core';
import { bearer, signUp, startApp, type TestApp, type TestAppOptions } from '../../support/app.js';

let app: TestApp;
afterEach(() => app.close());

const start = async (options: TestAppOptions) => {
  app = await startApp(options);
  return app;
};

type WithUser = { user?: { id: string } | null; headers: Record<string, string | undefined> };
const idOf = async (token: string) => (await app.as(token).get('/auth/me')).body.id as string;

describe('request-scoped providers', () => {
  /** Opens when the expected number of requests has arrived. */
  const meeting = (expected: number) => {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    let arrived = 0;
    return () => {
      if (++arrived === expected) open();
      return opened;
    };
  };
  let meet = meeting(2);
  const seen = { controllers: 0, guards: new Set<unknown>(), services: new Set<unknown>() };

  @Injectable({ scope: Scope.REQUEST })
  class Basket {
    readonly atConstruction: unknown;

    constructor(
      @Inject(REQUEST) private readonly request: WithUser,
      @Inject(JwtAuthGuard) guard: JwtAuthGuard,
      @Inject(AuthService) auth: AuthService,
    ) {
      this.atConstruction = request.user ?? null;
      seen.guards.add(guard);
      seen.services.add(auth);
    }

    owner() {
      return this.request.user?.id;
    }
  }

  @Controller({ path: 'basket', scope: Scope.REQUEST })
  class BasketController {
    constructor(@Inject(Basket) private readonly basket: Basket) {
      seen.controllers++;
    }

    @Get()
    async read(@CurrentUser() caller: Principal) {
      const before = [caller.id, this.basket.owner()];
      await meet();
      return { ids: [...before, caller.id, this.basket.owner()], atConstruction: this.basket.atConstruction };
    }
  }

  test('request-scoped providers of two interleaved requests each see their own caller; guard and services are built once', async () => {
    const { http } = await start({ controllers: [BasketController], providers: [Basket] });
    const tokens = [(await signUp(app)).access, (await signUp(app)).access];
    const ids = await Promise.all(tokens.map(idOf));
    expect(new Set(ids).size).toBe(2);
    for (let round = 0; round < 3; round++) {
      meet = meeting(2);
      const answers = await Promise.all(tokens.map((token) => http.get('/basket').set(...bearer(token))));
      expect(answers.map(({ body }) => body.ids)).toEqual(ids.map((id) => [id, id, id, id]));
      // Nest builds request-scoped instances before it asks any guard.
      expect(answers.map(({ body }) => body.atConstruction)).toEqual([null, null]);
    }
    expect(seen.controllers).toBe(6);
    expect(seen.guards.size).toBe(1);
    expect(seen.services.size).toBe(1);
    const refused = await http.get('/basket').expect(401);
    expect(refused.body.code).toBe('missing_token');
    for (const token of [JwtAuthGuard, JwtStrategy, AuthService, TokenService, SessionService] as Type[]) {
      expect(app.app.get(ModuleRef).introspect(token).scope).toBe(Scope.DEFAULT);
    }
  });
});

describe('durable providers', () => {
  let built: string[] = [];

  class ByTenant implements ContextIdStrategy {
    readonly #trees = new Map<string, ContextId>();

    attach(contextId: ContextId, request: WithUser) {
      const tenant = request.headers['x-tenant'] ?? 'none';
      const tree = this.#trees.get(tenant) ?? ContextIdFactory.create();
      this.#trees.set(tenant, tree);
      const resolve = ({ isTreeDurable }: HostComponentInfo) => (isTreeDurable ? tree : contextId);
      return { resolve, payload: { tenant } };
    }
  }

  @Injectable({ scope: Scope.REQUEST, durable: true })
  class TenantData {
    readonly tenant: string;

    constructor(@Inject(REQUEST) payload: { tenant: string }) {
      this.tenant = payload.tenant;
      built.push(payload.tenant);
    }
  }

  @Controller('tenant')
  class TenantController {
    constructor(@Inject(TenantData) private readonly data: TenantData) {}

    @Get()
    async read(@CurrentUser('id') id: string) {
      await setImmediate();
      return { id, tenant: this.data.tenant };
    }
  }

  afterEach(() => ContextIdFactory.apply(undefined as never));

  test('durable providers are shared by the callers of one tenant, and no caller sees another', async () => {
    ContextIdFactory.apply(new ByTenant());
    built = [];
    const { http } = await start({ controllers: [TenantController], providers: [TenantData] });
    const ann = (await signUp(app)).access;
    const bob = (await signUp(app)).access;
    const calls = [ann, bob, ann, bob].map((token, index) => ({ token, tenant: index < 2 ? 'red' : 'blue' }));
    const answers = await Promise.all(
      calls.map(({ token, tenant }) =>
        http
          .get('/tenant')
          .set(...bearer(token))
          .set('x-tenant', tenant)
          .expect(200),
      ),
    );
    const [annId, bobId] = [await idOf(ann), await idOf(bob)];
    expect(answers.map(({ body }) => body)).toEqual([
      { id: annId, tenant: 'red' },
      { id: bobId, tenant: 'red' },
      { id: annId, tenant: 'blue' },
      { id: bobId, tenant: 'blue' },
    ]);
    expect(built.sort()).toEqual(['blue', 'red']);
    await http.get('/tenant').set('x-tenant', 'red').expect(401);
  });
});
