import { AuthError, CurrentUser, type Principal, Public, Roles } from '@acme/nest-auth';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { type ArgumentsHost, Catch, Controller, type ExceptionFilter, Logger, UseFilters } from '@nestjs/common';
import {
  BaseRpcExceptionFilter,
  type ClientProxy,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
} from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { IS_NEST_12 } from '../src/nest-12.js';
import { WAYS } from '../src/services.js';
import { closeAfterwards, start } from '../src/tcp.js';
import { authModule, visitor } from '../src/world.js';

/** Since Nest 12. */
interface DispatchHooks {
  setOnDispatchHook(hook: (packet: { metadata?: object }) => void): void;
}

const STORY_OF_REFUSAL = { status: 'error', statusCode: 401, error: 'Unauthorized', code: 'missing_token' };

afterEach(() => void jest.restoreAllMocks());

const answer = (client: ClientProxy, pattern: string, data: unknown): Promise<unknown> =>
  firstValueFrom(client.send(pattern, data as object)).catch((error: unknown) => ({ refused: error }));

test.each([
  ['bearer', true],
  ['both', true],
  ['cookie', false],
] as const)(
  'a message with a token is taken where tokens may be bearer tokens (transport: %s)',
  async (transport, taken) => {
    @Controller()
    class WhoController {
      @MessagePattern('who')
      who(@CurrentUser() caller: Principal) {
        return caller.id;
      }
    }
    const { app, client } = await start({ imports: [authModule({ transport }).auth], controllers: [WhoController] });
    const { id, token } = await visitor(app);
    const payload = { authorization: `Bearer ${token}`, cookie: `__Host-Http-access=${token}` };
    const refused = { refused: expect.objectContaining(STORY_OF_REFUSAL) };
    expect(await answer(client, 'who', payload)).toEqual(taken ? id : refused);
  },
);

describe.each(WAYS)('over TCP (%s)', (way) => {
  @Controller()
  class EchoController {
    @MessagePattern('echo')
    echo(@Payload() data: unknown, @CurrentUser() caller: Principal | null) {
      return { data, caller: caller?.id ?? null };
    }

    @Public()
    @MessagePattern('open')
    open(@Payload() data: unknown, @CurrentUser() caller: Principal | null) {
      return { data, caller: caller?.id ?? null };
    }
  }

  test.each([
    ['a number', 7],
    ['a string', 'text'],
    ['an array', ['Bearer x']],
    ['true', true],
  ])('a payload that is %s shows no token, and is fine where none is asked for', async (_what, payload) => {
    const { client } = await start({ controllers: [EchoController] }, way);
    expect(await answer(client, 'echo', payload)).toEqual({ refused: expect.objectContaining(STORY_OF_REFUSAL) });
    expect(await answer(client, 'open', payload)).toEqual({ data: payload, caller: null });
  });

  test.each([
    ['user', { user: { id: 'admin', roles: ['admin'] } }],
    ['__proto__', JSON.parse('{ "__proto__": { "authorization": "Bearer x", "user": { "id": "admin" } } }')],
    ['headers', { headers: { authorization: 'Bearer x' }, req: { user: { id: 'admin' } } }],
    ['an authorization that is no string', { authorization: { toString: 'Bearer x' } }],
  ])('a payload with %s says nothing of the caller', async (_what, payload) => {
    const { client } = await start({ controllers: [EchoController] }, way);
    expect(await answer(client, 'echo', payload)).toEqual({ refused: expect.objectContaining(STORY_OF_REFUSAL) });
    expect(await answer(client, 'open', payload)).toMatchObject({ caller: null });
  });

  test('the handler sees the message as it was sent', async () => {
    const { app, client } = await start({ controllers: [EchoController] }, way);
    const { id, token } = await visitor(app);
    const data = { authorization: `Bearer ${token}`, user: { id: 'admin' }, text: 'hello' };
    expect(await answer(client, 'echo', data)).toEqual({ data, caller: id });
  });

  test('Nest 12: the token may come beside the message, with whatever the message is', async () => {
    if (!IS_NEST_12) return;
    const { app, client } = await start({ controllers: [EchoController] }, way);
    const { id, token } = await visitor(app);
    (client as unknown as DispatchHooks).setOnDispatchHook((packet) => {
      packet.metadata = { authorization: `Bearer ${token}` };
    });
    expect(await answer(client, 'echo', 7)).toEqual({ data: 7, caller: id });
  });

  test('a refusal has the shape of HTTP, and nothing of the token', async () => {
    const { client } = await start({ controllers: [EchoController] }, way);
    const { refused } = (await answer(client, 'echo', { authorization: 'Bearer s.e.cret' })) as { refused: object };
    expect(refused).toEqual({
      status: 'error',
      statusCode: 401,
      error: 'Unauthorized',
      code: 'invalid_token',
      message: expect.any(String),
    });
    expect(JSON.stringify(refused)).not.toContain('cret');
  });
});

describe.each(WAYS)('events (%s)', (way) => {
  test('reach a handler with a token that it lets in, and no other', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    closeAfterwards(() => process.off('unhandledRejection', unhandled));
    const heard: string[] = [];

    @Controller()
    class EventController {
      @EventPattern('note')
      note(@Payload() { text }: { text: string }, @CurrentUser('id') id: unknown) {
        heard.push(`note ${text} ${id}`);
      }

      // A second handler of the same event, with a stricter policy than the first one.
      @Roles('admin')
      @EventPattern('note')
      adminNote(@Payload() { text }: { text: string }) {
        heard.push(`admin ${text}`);
      }

      @MessagePattern('flush')
      @Public()
      flush() {
        return heard;
      }
    }
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const { app, client } = await start({ controllers: [EventController] }, way);
    const [user, admin] = [await visitor(app), await visitor(app, ['admin'])];
    const emit = (data: object) => firstValueFrom(client.emit('note', data), { defaultValue: undefined });
    await emit({ text: 'anonymous' });
    await emit({ text: 'forged', authorization: 'Bearer no.such.token' });
    await emit({ text: 'user', authorization: `Bearer ${user.token}` });
    await emit({ text: 'admin', authorization: `Bearer ${admin.token}` });
    // One connection keeps the order, so earlier messages have been handled by then.
    expect(await answer(client, 'flush', {})).toEqual([
      `note user ${user.id}`,
      `note admin ${admin.id}`,
      'admin admin',
    ]);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe.each(WAYS)('filters of the app (%s)', (way) => {
  const seen: unknown[] = [];

  @Catch(RpcException)
  class RpcFilter extends BaseRpcExceptionFilter {
    override catch(exception: RpcException, host: ArgumentsHost) {
      seen.push(exception);
      return super.catch(exception, host);
    }
  }

  @Catch(AuthError)
  class AuthFilter implements ExceptionFilter<AuthError> {
    catch(error: AuthError) {
      return { caught: error.code };
    }
  }

  @Controller()
  class FailingController {
    @MessagePattern('bare')
    bare() {}

    @Public()
    @MessagePattern('own')
    own() {
      throw new AuthError('login_taken');
    }

    @Public()
    @MessagePattern('unknown')
    unknown() {
      throw new Error('the password of the database is hunter2');
    }
  }

  test('get a genuine RpcException for a refusal', async () => {
    @UseFilters(new RpcFilter())
    @Controller()
    class FilteredController extends FailingController {}
    const { client } = await start({ controllers: [FilteredController] }, way);
    seen.length = 0;
    expect(await answer(client, 'bare', {})).toEqual({ refused: expect.objectContaining(STORY_OF_REFUSAL) });
    expect(seen).toEqual([expect.any(RpcException)]);
  });

  test('of a class come before ours', async () => {
    @UseFilters(new AuthFilter())
    @Controller()
    class FilteredController extends FailingController {}
    const { client } = await start({ controllers: [FilteredController] }, way);
    expect(await answer(client, 'own', {})).toEqual({ caught: 'login_taken' });
  });

  test("a handler's AuthError is answered with its code, and not logged", async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const { client } = await start({ controllers: [FailingController] }, way);
    expect(await answer(client, 'own', {})).toEqual({
      refused: expect.objectContaining({ status: 'error', statusCode: 409, code: 'login_taken' }),
    });
    expect(error).not.toHaveBeenCalled();
  });

  test('errors of the app stay what Nest makes of them', async () => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const { client } = await start({ controllers: [FailingController] }, way);
    expect(await answer(client, 'unknown', {})).toEqual({
      refused: { status: 'error', message: 'Internal server error' },
    });
  });
});
