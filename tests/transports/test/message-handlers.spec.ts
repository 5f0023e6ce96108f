import { Authorize, CurrentUser, type Principal } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpException,
  Injectable,
  Module,
  UseGuards,
} from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { TCP, WAYS } from '../src/services.js';
import { answer, bearer, clientOf, closeAfterwards, REFUSED, start } from '../src/tcp.js';
import { authModule, visitor } from '../src/world.js';

@Controller()
class BareController {
  @MessagePattern('bare')
  bare(@CurrentUser() caller: Principal) {
    return { caller: caller?.id };
  }
}

describe('a microservice', () => {
  test.each(['before', 'after'])('that is connected %s the app is initialised is guarded', async (moment) => {
    const { auth } = authModule();
    const module = await Test.createTestingModule({ imports: [auth], controllers: [BareController] }).compile();
    const app = module.createNestApplication({ logger: false });
    closeAfterwards(() => app.close());
    if (moment === 'after') await app.init();
    const first = app.connectMicroservice(TCP);
    const second = app.connectMicroservice(TCP, { inheritAppConfig: true });
    await app.startAllMicroservices();
    if (moment === 'before') await app.init();
    const { id, token } = await visitor(app);
    for (const client of [clientOf(first), clientOf(second)]) {
      expect(await answer(client, 'bare', {})).toEqual(REFUSED);
      expect(await answer(client, 'bare', bearer(token))).toEqual({ caller: id });
    }
  });

  test('that is initialised by itself is guarded', async () => {
    const { auth } = authModule();
    const module = await Test.createTestingModule({ imports: [auth], controllers: [BareController] }).compile();
    const app = module.createNestApplication({ logger: false });
    closeAfterwards(() => app.close());
    const microservice = app.connectMicroservice(TCP, { deferInitialization: true });
    await app.startAllMicroservices();
    await app.init();
    expect(await answer(clientOf(microservice), 'bare', {})).toEqual(REFUSED);
  });

  test('that is connected after a module was loaded lazily guards that module too', async () => {
    @Controller()
    class LateController {
      @MessagePattern('late')
      late() {
        return { open: true };
      }
    }
    @Module({ controllers: [LateController] })
    class LateModule {}
    const { auth } = authModule();
    const module = await Test.createTestingModule({ imports: [auth] }).compile();
    const app = module.createNestApplication({ logger: false });
    closeAfterwards(() => app.close());
    await app.init();
    await app.get(LazyModuleLoader).load(() => LateModule);
    const microservice = app.connectMicroservice(TCP);
    await app.startAllMicroservices();
    expect(await answer(clientOf(microservice), 'late', {})).toEqual(REFUSED);
  });
});

describe('apps of one process', () => {
  const OTHER = {
    access: 'mB3kQm8TzR1nWc6YpL0sJd9fHbGa2uEe4oKiN7rVtBw',
    refresh: 'nZ7hUe2MxC5jRn9LbPf4WsGk1TdYv8oAi3EyJ6mKcXg',
  };

  test('with one controller class have each their own guard', async () => {
    const [one, other] = [
      await start({ controllers: [BareController] }),
      await start({ imports: [authModule({ secrets: OTHER }).auth], controllers: [BareController] }),
    ];
    const [ones, others] = [await visitor(one.app), await visitor(other.app)];
    expect(await answer(one.client, 'bare', bearer(ones.token))).toEqual({ caller: ones.id });
    expect(await answer(other.client, 'bare', bearer(others.token))).toEqual({ caller: others.id });
    expect(await answer(one.client, 'bare', bearer(others.token))).toEqual({ code: 'invalid_token' });
    expect(await answer(other.client, 'bare', bearer(ones.token))).toEqual({ code: 'invalid_token' });
  });

  test('without the library stay as they are', async () => {
    await start({ controllers: [BareController] });
    const without = await start({ imports: [], controllers: [BareController] });
    expect(await answer(without.client, 'bare', {})).toEqual({});
  });
});

describe('a controller with routes and messages', () => {
  test.each(WAYS.filter((way) => way !== 'pure'))('is guarded once by each (%s)', async (way) => {
    const asked: string[] = [];
    @Injectable()
    class LastGuard implements CanActivate {
      canActivate(context: ExecutionContext) {
        asked.push(context.getType());
        return true;
      }
    }
    const authorized: string[] = [];
    @UseGuards(LastGuard)
    @Controller()
    class BothController {
      // Our guard calls it each time that the guard runs.
      @Authorize((_caller, context) => Boolean(authorized.push(context.getType())))
      @Get('both')
      @MessagePattern('both')
      both(@CurrentUser('id') id: string) {
        return { caller: id };
      }
    }
    const { app, client } = await start({ controllers: [BothController] }, way);
    const { id, token } = await visitor(app);
    const url = `${await (app as unknown as { getUrl(): Promise<string> }).getUrl()}/both`;
    expect((await fetch(url)).status).toBe(401);
    expect(await answer(client, 'both', {})).toEqual(REFUSED);
    expect([asked, authorized]).toEqual([[], []]);
    expect(await (await fetch(url, { headers: bearer(token) })).json()).toEqual({ caller: id });
    expect(await answer(client, 'both', bearer(token))).toEqual({ caller: id });
    expect([asked, authorized]).toEqual([
      ['http', 'rpc'],
      ['http', 'rpc'],
    ]);
  });
});

test("a mixed controller's routes are answered by the app's own filter, as all its routes are", async () => {
  @Catch(HttpException)
  class OwnFilter implements ExceptionFilter<HttpException> {
    catch(exception: HttpException, host: ArgumentsHost) {
      host.switchToHttp().getResponse().status(exception.getStatus()).json({ own: true });
    }
  }
  @Controller()
  class BothController {
    @Get('both')
    @MessagePattern('both')
    both() {}
  }
  const { auth } = authModule();
  const module = await Test.createTestingModule({ imports: [auth], controllers: [BothController] }).compile();
  const app = module.createNestApplication({ logger: false }).useGlobalFilters(new OwnFilter());
  closeAfterwards(() => app.close());
  app.connectMicroservice(TCP);
  await app.listen(0, '127.0.0.1');
  const response = await fetch(`${await app.getUrl()}/both`);
  expect([response.status, await response.json()]).toEqual([401, { own: true }]);
});

test('a controller that makes something else of itself is refused at boot', async () => {
  class Other {
    bare() {
      return {};
    }
  }
  @Controller()
  class MisleadingController {
    constructor() {
      // biome-ignore lint/correctness/noConstructorReturn: that is the mistake.
      return new Other() as never;
    }

    @MessagePattern('bare')
    bare() {
      return {};
    }
  }
  Reflect.defineMetadata('microservices:pattern', ['bare'], Other.prototype.bare);
  Reflect.defineMetadata('microservices:handler_type', 1, Other.prototype.bare);
  const started = start({ controllers: [MisleadingController] });
  await expect(started).rejects.toMatchObject({ code: 'invalid_configuration' });
});
