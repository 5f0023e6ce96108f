import { CurrentUser, Public, Roles } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  forwardRef,
  Inject,
  Injectable,
  type NestInterceptor,
  ParseIntPipe,
  Scope,
  SetMetadata,
  type Type,
  UseInterceptors,
} from '@nestjs/common';
import { ModulesContainer, Reflector } from '@nestjs/core';
import { Client, type ClientProxy, Ctx, MessagePattern, Payload, TcpContext } from '@nestjs/microservices';
import { map } from 'rxjs';
import { TCP, WAYS } from '../src/services.js';
import { answer, bearer, REFUSED, start } from '../src/tcp.js';
import { visitor } from '../src/world.js';

describe.each(WAYS)('Nest does the same for a guarded controller as for any (%s)', (way) => {
  @Injectable()
  class Greeting {
    text = 'hello';
  }

  @Injectable()
  class Left {
    constructor(@Inject(forwardRef(() => Right)) readonly right: Type) {}
  }

  @Injectable()
  class Right {
    constructor(@Inject(forwardRef(() => Left)) readonly left: Type) {}
  }

  const Word = (word: string) => SetMetadata('word', word);

  @Injectable()
  class WordInterceptor implements NestInterceptor {
    constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

    intercept(context: ExecutionContext, next: CallHandler) {
      const word = this.reflector.get<string>('word', context.getClass());
      return next.handle().pipe(map((value) => ({ ...value, word, className: context.getClass().name })));
    }
  }

  class BaseController {
    @Inject(Greeting) readonly greeting!: Greeting;

    @MessagePattern('inherited')
    inherited() {
      return { text: this.greeting.text };
    }
  }

  @Word('class')
  @UseInterceptors(WordInterceptor)
  @Controller()
  class FullController extends BaseController {
    readonly #secret = 'kept';
    @Client(TCP as never) peer!: ClientProxy;

    constructor(private readonly byType: Greeting) {
      super();
    }

    @MessagePattern('full')
    full(@Payload('number', ParseIntPipe) number: number, @Ctx() context: TcpContext) {
      return {
        number,
        text: this.byType.text,
        property: this.greeting.text,
        secret: this.#secret,
        peer: typeof this.peer?.send,
        pattern: context.getPattern(),
      };
    }
  }

  const providers = [Greeting, Left, Right];

  test('what is injected, inherited and declared on the class', async () => {
    const { app, client } = await start({ controllers: [FullController], providers }, way);
    const { token } = await visitor(app);
    expect(await answer(client, 'full', { number: '7' })).toEqual(REFUSED);
    expect(await answer(client, 'full', { ...bearer(token), number: '7' })).toEqual({
      number: 7,
      text: 'hello',
      property: 'hello',
      secret: 'kept',
      peer: 'function',
      pattern: 'full',
      word: 'class',
      className: 'FullController',
    });
    expect(await answer(client, 'inherited', {})).toEqual(REFUSED);
    expect(await answer(client, 'inherited', bearer(token))).toMatchObject({ text: 'hello' });
    expect(app.get(FullController)).toBeInstanceOf(FullController);
  });

  test('a controller of a circle', async () => {
    @Controller()
    class CircleController {
      constructor(@Inject(forwardRef(() => Left)) private readonly left: Left) {}

      @MessagePattern('circle')
      circle() {
        return { circle: this.left instanceof Left };
      }
    }
    const { app, client } = await start({ controllers: [CircleController], providers }, way);
    expect(await answer(client, 'circle', {})).toEqual(REFUSED);
    expect(await answer(client, 'circle', bearer((await visitor(app)).token))).toEqual({ circle: true });
  });

  test('a controller of one request', async () => {
    let made = 0;
    @Roles('admin')
    @Controller({ scope: Scope.REQUEST })
    class ScopedController {
      readonly number = ++made;
      constructor(@Inject(Greeting) private readonly greeting: Greeting) {}

      @MessagePattern('scoped')
      scoped(@CurrentUser('id') id: string) {
        return { caller: id, number: this.number, text: this.greeting.text };
      }

      @Public()
      @MessagePattern('scopedOpen')
      open() {
        return {};
      }
    }
    const { app, client } = await start({ controllers: [ScopedController], providers }, way);
    const { id, token } = await visitor(app, ['admin']);
    expect(await answer(client, 'scoped', {})).toEqual(REFUSED);
    const before = made;
    expect(await answer(client, 'scoped', bearer(token))).toEqual({ caller: id, number: before + 1, text: 'hello' });
    expect(await answer(client, 'scoped', bearer(token))).toEqual({ caller: id, number: before + 2, text: 'hello' });
    expect(await answer(client, 'scopedOpen', {})).toEqual({});
    // As Nest 11 looks for it.
    const modules = [...app.get(ModulesContainer).values()];
    const { controllers } = modules.find((one) => one.controllers.has(ScopedController))!;
    const wrapper = controllers.get(ScopedController)!;
    expect(controllers.get(wrapper.instance.constructor)).toBe(wrapper);
  });
});
