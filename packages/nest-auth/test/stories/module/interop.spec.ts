import {
  type AuthFeature,
  CurrentUser,
  JwtAuthGuard,
  OptionalAuth,
  type Principal,
  Public,
  TokenVerifier,
} from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  ImATeapotException,
  type MiddlewareConsumer,
  Module,
  type NestInterceptor,
  Req,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { catchError, throwError } from 'rxjs';
import { bearer, signUp, startApp, type TestApp, type TestAppOptions } from '../../support/app.js';

let app: TestApp;
afterEach(() => app.close());

const start = async (options: TestAppOptions) => {
  app = await startApp(options);
  return app;
};

type WithUser = { user?: { id: string } | null; headers: Record<string, string | undefined> };
const callerIn = (context: ExecutionContext) => context.switchToHttp().getRequest<WithUser>().user?.id ?? null;
const idOf = async (token: string) => (await app.as(token).get('/auth/me')).body.id as string;

@Controller('notes')
class NotesController {
  @Get()
  list(@CurrentUser('id') id: string) {
    return { id };
  }
}

describe('interceptors', () => {
  let order: string[] = [];

  abstract class Watching implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler) {
      order.push(`${this.constructor.name} ${callerIn(context)}`);
      return next.handle().pipe(catchError(() => throwError(() => new ImATeapotException())));
    }
  }
  class FromMain extends Watching {}
  class FromModule extends Watching {}
  class OfController extends Watching {}
  class Throwing implements NestInterceptor {
    intercept(): never {
      throw new ImATeapotException();
    }
  }

  @Controller('watched')
  @UseInterceptors(OfController)
  class WatchedController {
    @Get()
    list() {
      return {};
    }
    @Get('broken')
    broken() {
      throw new Error('mapped by the interceptors');
    }
    @Get('throwing')
    @UseInterceptors(Throwing)
    throwing() {
      return {};
    }
  }

  const watched = () =>
    start({
      controllers: [WatchedController],
      providers: [{ provide: APP_INTERCEPTOR, useClass: FromModule }],
      configure: (nest) => {
        nest.useGlobalInterceptors(new FromMain());
      },
    });

  test('interceptors see the caller, wherever they are registered', async () => {
    const { http } = await watched();
    const { access } = await signUp(app);
    const id = await idOf(access);
    order = [];
    await http
      .get('/watched')
      .set(...bearer(access))
      .expect(200);
    expect(order.sort()).toEqual([`FromMain ${id}`, `FromModule ${id}`, `OfController ${id}`]);
  });

  test('interceptors that throw or map errors do not change a refusal, which comes before them', async () => {
    const { http } = await watched();
    const { access } = await signUp(app);
    for (const path of ['/watched/broken', '/watched/throwing']) {
      await http
        .get(path)
        .set(...bearer(access))
        .expect(418);
      order = [];
      const refused = await http
        .get(path)
        .set(...bearer(`${access}x`))
        .expect(401);
      expect(refused.body.code).toBe('invalid_token');
      expect(refused.headers['www-authenticate']).toBe('Bearer realm="api", error="invalid_token"');
      expect(order).toEqual([]);
    }
  });
});

describe('guards of the app', () => {
  let seen: Record<string, string | null> = {};

  abstract class Looking implements CanActivate {
    canActivate(context: ExecutionContext) {
      seen[this.constructor.name] = callerIn(context);
      return true;
    }
  }
  class InRoot extends Looking {}
  class ImportedBefore extends Looking {}
  class ImportedAfter extends Looking {}
  class FromMain extends Looking {}
  class OnRoute extends Looking {}

  @Module({ providers: [{ provide: APP_GUARD, useClass: ImportedBefore }] })
  class BeforeModule {}
  @Module({ providers: [{ provide: APP_GUARD, useClass: ImportedAfter }] })
  class AfterModule {}

  @Controller('looked-at')
  class LookedAtController {
    @Get()
    @UseGuards(OnRoute)
    list() {
      return {};
    }
  }

  const looking = (options: TestAppOptions = {}) =>
    start({
      controllers: [LookedAtController],
      providers: [{ provide: APP_GUARD, useClass: InRoot }],
      imports: [BeforeModule],
      later: [AfterModule],
      configure: (nest) => {
        nest.useGlobalGuards(new FromMain());
      },
      ...options,
    });

  test('guards that run after ours know the caller: from main.ts, from a later import, on a route', async () => {
    const { http } = await looking();
    const { access } = await signUp(app);
    const id = await idOf(access);
    seen = {};
    await http
      .get('/looked-at')
      .set(...bearer(access))
      .expect(200);
    expect(seen).toEqual({ InRoot: null, ImportedBefore: null, FromMain: id, ImportedAfter: id, OnRoute: id });
  });

  test('guards that run after ours are not asked about calls that ours has refused', async () => {
    const { http } = await looking();
    seen = {};
    await http.get('/looked-at').expect(401);
    expect(seen).toEqual({ InRoot: null, ImportedBefore: null });
  });

  test('guards run in the order of the root module if it registers ours itself', async () => {
    const { http } = await looking({
      globalGuard: false,
      providers: [
        { provide: APP_GUARD, useExisting: JwtAuthGuard },
        { provide: APP_GUARD, useClass: InRoot },
      ],
    });
    const { access } = await signUp(app);
    const id = await idOf(access);
    seen = {};
    await http
      .get('/looked-at')
      .set(...bearer(access))
      .expect(200);
    expect(seen).toMatchObject({ InRoot: id, ImportedBefore: id, FromMain: id });
    await http.get('/looked-at').expect(401);
  });
});

describe('@UseGuards(JwtAuthGuard) without the global guard', () => {
  @Controller('members')
  @UseGuards(JwtAuthGuard)
  class MembersController {
    @Get()
    list(@CurrentUser('id') id: string) {
      return { id };
    }
    @Public()
    @Get('open')
    open() {
      return {};
    }
  }

  @Controller('open')
  class OpenController {
    @Get()
    list(@CurrentUser() caller: Principal | null) {
      return { caller };
    }
  }

  @Controller('badge')
  class BadgeController {
    @Get()
    show() {
      return {};
    }
  }

  @Module({ controllers: [MembersController, OpenController] })
  class ClubModule {}

  test('@UseGuards(JwtAuthGuard) protects a route in a module that imports nothing of ours', async () => {
    const { http } = await start({ globalGuard: false, imports: [ClubModule] });
    const { access } = await signUp(app);
    const refused = await http.get('/members').expect(401);
    expect(refused.headers['www-authenticate']).toBe('Bearer realm="api"');
    const { body } = await http
      .get('/members')
      .set(...bearer(access))
      .expect(200);
    expect(body.id).toBe(await idOf(access));
    await http.get('/members/open').expect(200);
    expect((await http.get('/open').set(...bearer(access))).body).toEqual({ caller: null });
  });

  test('our own routes and those of features are guarded without the global guard', async () => {
    const badge: AuthFeature = { name: 'badge', controllers: [BadgeController] };
    const { http } = await start({ globalGuard: false, features: [badge] });
    const routes = [
      ['get', '/auth/me'],
      ['get', '/auth/sessions'],
      ['get', '/auth/badge'],
      ['post', '/auth/password'],
      ['post', '/auth/confirm'],
      ['post', '/auth/logout-all'],
    ] as const;
    for (const [method, path] of routes) expect((await http[method](path).expect(401)).body.code).toBe('missing_token');
    const { access } = await signUp(app);
    for (const path of ['/auth/me', '/auth/sessions', '/auth/badge']) {
      await http
        .get(path)
        .set(...bearer(access))
        .expect(200);
    }
    await http
      .post('/auth/logout')
      .set(...bearer(access))
      .expect(204);
  });

  test('a test replaces @UseGuards(JwtAuthGuard) by overrideGuard', async () => {
    const open = { canActivate: () => true };
    const { http } = await start({
      globalGuard: false,
      imports: [ClubModule],
      override: (builder) => builder.overrideGuard(JwtAuthGuard).useValue(open),
    });
    await http.get('/members').expect(200);
  });
});

describe('tests of an app', () => {
  const asAnn = {
    canActivate: (context: ExecutionContext) => {
      context.switchToHttp().getRequest<WithUser>().user = { id: 'ann' };
      return true;
    },
  };

  test('a test replaces the global guard by overrideProvider', async () => {
    const { http } = await start({
      controllers: [NotesController],
      override: (builder) => builder.overrideProvider(JwtAuthGuard).useValue(asAnn),
    });
    expect((await http.get('/notes').expect(200)).body).toEqual({ id: 'ann' });
  });

  test('overrideGuard does not open the app, because it reaches only guards of @UseGuards', async () => {
    const { http } = await start({
      controllers: [NotesController],
      override: (builder) => builder.overrideGuard(JwtAuthGuard).useValue(asAnn),
    });
    await http.get('/notes').expect(401);
  });

  test('a service that a test replaces is replaced for everything that uses it', async () => {
    const tokens: Pick<TokenVerifier, 'authenticate'> = {
      authenticate: (token) => ({ id: token, roles: [], permissions: [], sessionId: 's', claims: {} }) as never,
    };
    const { http } = await start({
      controllers: [NotesController],
      override: (builder) => builder.overrideProvider(TokenVerifier).useValue(tokens),
    });
    expect((await http.get('/notes').set(...bearer('bob'))).body).toEqual({ id: 'bob' });
    await http.get('/notes').expect(401);
  });
});

describe('middleware of the app', () => {
  let arrived: (string | null)[] = [];

  @Controller('visits')
  class VisitsController {
    @Get()
    list(@CurrentUser('id') id: string) {
      return { id };
    }
    @OptionalAuth()
    @Get('optional')
    optional(@CurrentUser() caller: Principal | null) {
      return { caller };
    }
    @Public()
    @Get('public')
    open(@Req() { user }: WithUser) {
      return { id: user?.id };
    }
  }

  @Module({ controllers: [VisitsController] })
  class VisitsModule {
    configure(consumer: MiddlewareConsumer) {
      consumer
        .apply((request: WithUser, _response: unknown, next: () => void) => {
          arrived.push(request.user?.id ?? null);
          plant(request);
          next();
        })
        .forRoutes(VisitsController);
    }
  }

  const plant = (request: WithUser) => {
    request.user = { id: 'planted', roles: ['admin'] } as never;
  };
  const visiting = () =>
    start({
      imports: [VisitsModule],
      configure: (nest) => {
        // Middleware on Fastify gets Node's request, not the request that guards see; a hook gets that one.
        if (process.env.HTTP !== 'fastify') return;
        nest
          .getHttpAdapter()
          .getInstance()
          .addHook('onRequest', async (request: WithUser) => plant(request));
      },
    });

  test('middleware runs before the guard, and the guard ignores the user that it puts into the request', async () => {
    const { http } = await visiting();
    const { access } = await signUp(app);
    arrived = [];
    await http.get('/visits').expect(401);
    expect((await http.get('/visits/optional').expect(200)).body).toEqual({ caller: null });
    const { body } = await http
      .get('/visits')
      .set(...bearer(access))
      .expect(200);
    expect(body.id).toBe(await idOf(access));
    expect(arrived).toEqual([null, null, null]);
  });

  test('the user that middleware sets stays on the request of a public route', async () => {
    const { http } = await visiting();
    expect((await http.get('/visits/public').expect(200)).body).toEqual({ id: 'planted' });
  });
});
