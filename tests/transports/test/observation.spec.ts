import { type AuthFeature, type Decision, type Principal, Roles } from '@acme/nest-auth';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Controller, type INestApplication, type Type } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { graphqlApp, mercurius, rootResolvers, rootWire } from '../src/graphql-app.js';
import { ioCall, ioClient, wsClient } from '../src/sockets.js';
import { answer, bearer, start as startTcp } from '../src/tcp.js';
import { authModule, visitor } from '../src/world.js';

let decisions: Decision[];
const observe = { decided: (decision: Decision) => decisions.push(decision) };
const watch: AuthFeature = { name: 'watch', hooks: { inject: [], useFactory: () => ({ feature: 'watch', observe }) } };
const withObserver = () => authModule({ features: [watch] }).auth;

/** Transport, code, caller, class. */
const noted = () =>
  decisions.map(({ transport, refusal, caller, context }) => [
    transport,
    refusal?.code,
    (caller as Principal | null)?.id,
    context?.getClass().name,
  ]);

const apps: INestApplication[] = [];
beforeEach(() => {
  decisions = [];
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

@WebSocketGateway()
class Greeter {
  @SubscribeMessage('hello')
  hello() {
    return { caller: 'hello' };
  }

  @Roles('admin')
  @SubscribeMessage('rule')
  rule() {
    return { caller: 'rule' };
  }
}

@WebSocketGateway({ path: '/' })
class PlainWs extends Greeter {}

@Controller()
class EchoController {
  @MessagePattern('echo')
  echo() {
    return 'echo';
  }

  @Roles('admin')
  @MessagePattern('rule')
  rule() {
    return 'rule';
  }
}

async function sockets(gateway: Type, Adapter: typeof IoAdapter | typeof WsAdapter) {
  const module = await Test.createTestingModule({ imports: [withObserver()], providers: [gateway] }).compile();
  const app = module.createNestApplication({ logger: false });
  apps.push(app);
  app.useWebSocketAdapter(new Adapter(app));
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl() };
}

describe('observers see', () => {
  test('who connects by socket.io, who does not, and each message', async () => {
    const { app, url } = await sockets(Greeter, IoAdapter);
    await expect(ioClient(url)).rejects.toThrow('missing_token');
    const { id, token } = await visitor(app);
    const client = await ioClient(url, token);
    await ioCall(client, 'hello');
    await ioCall(client, 'rule');
    client.close();
    expect(noted()).toEqual([
      ['ws', 'missing_token', undefined, undefined],
      ['ws', undefined, id, undefined],
      ['ws', undefined, id, 'Greeter'],
      ['ws', 'insufficient_scope', id, 'Greeter'],
    ]);
  });

  test('who connects by ws, and who does not', async () => {
    const { app, url } = await sockets(PlainWs, WsAdapter);
    await expect(wsClient(url.replace('http', 'ws'), 'no.such.token')).rejects.toThrow('invalid_token');
    const { id, token } = await visitor(app);
    (await wsClient(url.replace('http', 'ws'), token)).close();
    expect(noted()).toEqual([
      ['ws', 'invalid_token', undefined, undefined],
      ['ws', undefined, id, undefined],
    ]);
  });

  test('messages of a microservice', async () => {
    const { app, client } = await startTcp({ imports: [withObserver()], controllers: [EchoController] });
    const { id, token } = await visitor(app);
    await answer(client, 'echo', {});
    await answer(client, 'echo', bearer(token));
    await answer(client, 'rule', bearer(token));
    expect(noted()).toEqual([
      ['rpc', 'missing_token', undefined, 'EchoController'],
      ['rpc', undefined, id, 'EchoController'],
      ['rpc', 'insufficient_scope', id, 'EchoController'],
    ]);
  });

  test('operations of GraphQL', async () => {
    const wire = rootWire(await graphqlApp([withObserver(), mercurius()], rootResolvers()));
    const { id, token } = await visitor(wire.app);
    await wire.call('bare');
    await wire.call('admin', token);
    await wire.close();
    expect(noted()).toEqual([
      ['graphql', 'missing_token', undefined, expect.any(String)],
      ['graphql', 'insufficient_scope', id, expect.any(String)],
    ]);
  });
});
