import { CurrentUser, type Principal, Public, Roles } from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type CanActivate,
  Controller,
  type DynamicModule,
  type ExecutionContext,
  type INestApplication,
  type Provider,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { GqlExecutionContext, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { apollo, ask, mercurius, SeenCaller } from '../src/graphql-app.js';
import { authModule } from '../src/world.js';

const apps: INestApplication[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

interface Parts {
  readonly imports?: readonly DynamicModule[];
  readonly controllers?: readonly Type[];
  readonly providers?: readonly Provider[];
  readonly platform?: 'express' | 'fastify';
}

async function create({ imports = [], controllers = [], providers = [], platform = 'express' }: Parts) {
  const module = await Test.createTestingModule({
    imports: [authModule().auth, ...imports],
    controllers: [...controllers],
    providers: [...providers],
  }).compile();
  const app: INestApplication =
    platform === 'fastify'
      ? module.createNestApplication(new FastifyAdapter() as never, { logger: false })
      : module.createNestApplication({ logger: false });
  apps.push(app);
  return app;
}

describe('an app does not boot if nothing says who may call', () => {
  @Public()
  abstract class OpenMessages {
    @MessagePattern('heard')
    @SubscribeMessage('heard')
    heard(_data: unknown) {}
    @Roles('admin')
    admin() {}
  }
  @Controller()
  class MessageController extends OpenMessages {}
  @WebSocketGateway()
  class Gateway extends OpenMessages {}
  @Public()
  class OpenFeed {}
  @WebSocketGateway()
  class Feed extends OpenFeed {}

  abstract class Overridden {
    @Public()
    heard(_data?: unknown) {}
  }
  @Controller()
  class EventController extends Overridden {
    @EventPattern('heard')
    override heard(_data?: unknown) {}
  }
  @Resolver()
  class NotesResolver extends Overridden {
    @Query(() => String)
    override heard(_data?: unknown) {}
  }
  @Resolver(() => SeenCaller)
  class FieldResolver extends Overridden {
    @ResolveField(() => String)
    override heard(_data?: unknown) {}
  }

  test.each<[string, Parts]>([
    ['MessageController.heard', { controllers: [MessageController] }],
    ['EventController.heard', { controllers: [EventController] }],
    ['Gateway.heard', { providers: [Gateway] }],
    ['Feed', { providers: [Feed] }],
    ['NotesResolver.heard', { providers: [NotesResolver] }],
    ['FieldResolver.heard', { providers: [FieldResolver] }],
  ])('%s', async (name, parts) => {
    const app = await create(parts);
    await expect(app.init()).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringContaining(name),
    });
  });
});

const PLANTED = { id: 'planted', roles: ['admin'] };

interface WithUser {
  user?: { readonly id: string } | undefined;
}

/** What a guard of `@nestjs/passport` does in GraphQL. */
class TicketGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    GqlExecutionContext.create(context).getContext<{ req: WithUser }>().req.user = { id: 'holder' };
    return true;
  }
}

const seen = (caller: Principal | null): SeenCaller => ({ caller: caller?.id ?? 'nobody' });

@Resolver(() => SeenCaller)
class OpenResolver {
  @Public()
  @Query(() => SeenCaller)
  open(@CurrentUser() caller: Principal | null) {
    return seen(caller);
  }
  @Public()
  @UseGuards(TicketGuard)
  @Query(() => SeenCaller)
  ticket(@CurrentUser() caller: Principal | null) {
    return seen(caller);
  }
  @ResolveField(() => String)
  below(@CurrentUser() caller: Principal | null) {
    return seen(caller).caller;
  }
}

describe('a user that some middleware put into the request', () => {
  test.each<[string, DynamicModule, 'express' | 'fastify']>([
    ['Apollo on Express', apollo(), 'express'],
    ['Apollo on Fastify', apollo({ context: (req: object) => ({ req }) }), 'fastify'],
    ['mercurius', mercurius({ context: (req: object) => ({ req }) }), 'fastify'],
  ])('is nobody to a public resolver and to those below it (%s)', async (_, graphql, platform) => {
    const app = await create({ imports: [graphql], providers: [OpenResolver], platform });
    if (platform === 'fastify') {
      const hook = async (request: WithUser) => void Object.assign(request, { user: PLANTED });
      app.getHttpAdapter().getInstance().addHook('preHandler', hook);
    } else {
      app.use((request: WithUser, _response: unknown, next: () => void) => {
        request.user = PLANTED;
        next();
      });
    }
    await app.listen(0, '127.0.0.1');
    const url = `${await app.getUrl()}/graphql`;
    expect((await ask(url, '{ open { caller below } }')).data).toEqual({ open: { caller: 'nobody', below: 'nobody' } });
    expect((await ask(url, '{ ticket { caller below } }')).data).toEqual({
      ticket: { caller: 'holder', below: 'holder' },
    });
  });
});
