import {
  Authenticated,
  CurrentUser,
  MemoryUserStore,
  OptionalAuth,
  type Principal,
  Public,
  Roles,
} from '@acme/nest-auth';
import { ApiKeys, apiKeys } from '@acme/nest-auth/api-keys';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, type DynamicModule, type INestApplicationContext, type Type } from '@nestjs/common';
import { Query } from '@nestjs/graphql';
import { MessagePattern } from '@nestjs/microservices';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { apollo, graphqlApp, mercurius, outcomeOf, post, resolver, SeenCaller } from '../src/graphql-app.js';
import { startService, TCP } from '../src/services.js';
import { ioCall, ioClient, wsCall, wsClient } from '../src/sockets.js';
import type { Outcome } from '../src/stories.js';
import { answer, bearer, clientOf } from '../src/tcp.js';
import { authModule } from '../src/world.js';

/** The result of each handler for a key that is sent in place of an access token. */
const OUTCOMES = {
  plain: 'invalid_token',
  optional: 'invalid_token',
  admin: 'invalid_token',
  jwt: 'invalid_token',
  open: 'nobody',
  either: 'OWNER',
  keyOnly: 'OWNER',
  eitherAdmin: 'OWNER',
} as const;

type Handler = keyof typeof OUTCOMES;
const seen = (caller: Principal | null) => ({ caller: caller?.id ?? 'nobody' });

function handlers(on: (name: Handler) => MethodDecorator): Type {
  class Handlers {
    @on('plain')
    plain(@CurrentUser() caller: Principal) {
      return seen(caller);
    }
    @OptionalAuth()
    @on('optional')
    optional(@CurrentUser() caller: Principal | null) {
      return seen(caller);
    }
    @Roles('admin')
    @on('admin')
    admin(@CurrentUser() caller: Principal) {
      return seen(caller);
    }
    @Authenticated('jwt')
    @on('jwt')
    jwt(@CurrentUser() caller: Principal) {
      return seen(caller);
    }
    @Public()
    @on('open')
    open(@CurrentUser() caller: Principal | null) {
      return seen(caller);
    }
    @Authenticated('jwt', 'api-key')
    @on('either')
    either(@CurrentUser() caller: Principal) {
      return seen(caller);
    }
    @Authenticated('api-key')
    @on('keyOnly')
    keyOnly(@CurrentUser() caller: Principal) {
      return seen(caller);
    }
    @Authenticated('jwt', 'api-key')
    @Roles('admin')
    @on('eitherAdmin')
    eitherAdmin(@CurrentUser() caller: Principal) {
      return seen(caller);
    }
  }
  return Handlers;
}

interface Wire {
  readonly app: INestApplicationContext;
  call(handler: Handler, key: string): Promise<Outcome>;
  close(): Promise<unknown>;
}

let closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  closing = [];
});

/** An app with the feature, and a user who is an admin. */
async function begin<T extends { readonly app: INestApplicationContext; close(): unknown }>(
  open: (auth: DynamicModule) => Promise<T>,
) {
  const userStore = new MemoryUserStore();
  const { id } = await userStore.create({
    login: 'ann@example.org',
    passwordHash: null,
    roles: ['admin'],
    profile: {},
  });
  const wire = await open(authModule({ userStore, features: [apiKeys()] } as object).auth);
  closing.push(() => wire.close());
  const keys = wire.app.get(ApiKeys, { strict: false });
  return { wire, userId: id, keys, ...(await keys.create(id, { name: 'ci' })) };
}

async function gateways(auth: DynamicModule, kind: 'socket.io' | 'ws', names?: readonly Handler[]) {
  const on = (name: Handler): MethodDecorator => (names && !names.includes(name) ? () => {} : SubscribeMessage(name));
  const gateway = handlers(on);
  WebSocketGateway(kind === 'ws' ? { path: '/' } : {})(gateway);
  const module = await Test.createTestingModule({ imports: [auth], providers: [gateway] }).compile();
  const app = module.createNestApplication({ logger: false });
  app.useWebSocketAdapter(kind === 'ws' ? new WsAdapter(app) : new IoAdapter(app));
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return { app, url, wsUrl: url.replace('http', 'ws'), close: () => app.close() };
}

const overSockets =
  (kind: 'socket.io' | 'ws') =>
  async (auth: DynamicModule): Promise<Wire> => {
    const { app, url, wsUrl, close } = await gateways(auth, kind);
    return {
      app,
      close,
      async call(handler, key) {
        if (kind === 'ws') {
          const client = await wsClient(wsUrl, key);
          return wsCall(client, handler).finally(() => client.close());
        }
        const client = await ioClient(url, key);
        return ioCall(client, handler).finally(() => client.close());
      },
    };
  };

const graphql = (driver: DynamicModule) => async (auth: DynamicModule) => {
  const root = resolver(handlers((name) => Query(() => SeenCaller, { name })));
  const { app, url } = await graphqlApp([auth, driver], [root]);
  const ask = async (handler: Handler, headers: Record<string, string>) =>
    outcomeOf((await (await post(url, { query: `{ ${handler} { caller } }` }, headers)).json()) as object, handler);
  return { app, ask, call: (handler: Handler, key: string) => ask(handler, bearer(key)), close: () => app.close() };
};

const overTcp = async (auth: DynamicModule): Promise<Wire> => {
  const controller = handlers((name) => MessagePattern(name));
  Controller()(controller);
  const { app, microservice } = await startService({ imports: [auth], controllers: [controller] }, TCP, 'hybrid');
  const client = clientOf(microservice);
  return {
    app,
    call: async (handler, key) => (await answer(client, handler, bearer(key))) as Outcome,
    close: () => app.close(),
  };
};

describe.each<[string, (auth: DynamicModule) => Promise<Wire>]>([
  ['GraphQL (Apollo)', graphql(apollo())],
  ['GraphQL (mercurius)', graphql(mercurius())],
  ['WebSocket (socket.io)', overSockets('socket.io')],
  ['WebSocket (ws)', overSockets('ws')],
  ['messages (TCP)', overTcp],
])('over %s', (_transport, open) => {
  test('a key opens the handlers that name it, and no others', async () => {
    const { wire, userId, key } = await begin(open);
    const found: Record<string, string | undefined> = {};
    for (const handler of Object.keys(OUTCOMES) as Handler[]) {
      const { caller, code } = await wire.call(handler, key);
      found[handler] = code ?? (caller === userId ? 'OWNER' : caller);
    }
    expect(found).toEqual(OUTCOMES);
  });

  test('a removed key opens nothing', async () => {
    const { wire, userId, keys, id, key } = await begin(open);
    expect(await wire.call('either', key)).toEqual({ caller: userId });
    await keys.remove(userId, id);
    // Over WebSockets the client cannot even connect.
    const refused = await wire.call('either', key).catch((error: Error) => ({ code: error.message }));
    expect(['invalid_api_key', 'invalid_token']).toContain((refused as Outcome).code);
  });
});

test('GraphQL over HTTP takes a key in X-API-Key too, and refuses it beside a token', async () => {
  const { wire, userId, key } = await begin(graphql(apollo()));
  expect(await wire.ask('either', { 'x-api-key': key })).toEqual({ caller: userId });
  expect(await wire.ask('plain', { 'x-api-key': key })).toEqual({ code: 'missing_token' });
  expect(await wire.ask('either', { 'x-api-key': key, ...bearer('a.b.c') })).toEqual({ code: 'invalid_request' });
});

describe.each(['socket.io', 'ws'] as const)('a socket of %s', (kind) => {
  const connect = ({ url, wsUrl }: { readonly url: string; readonly wsUrl: string }, key: string) =>
    kind === 'ws' ? wsClient(wsUrl, key) : ioClient(url, key);

  test('is not opened by a key if no handler names keys', async () => {
    const { wire, key } = await begin((auth) => gateways(auth, kind, ['plain', 'admin', 'jwt']));
    await expect(connect(wire, key)).rejects.toThrow('invalid_token');
  });

  test('is closed once its key is removed', async () => {
    const { wire, userId, keys, id, key } = await begin((auth) => gateways(auth, kind, ['either']));
    const client = await connect(wire, key);
    const closed = new Promise<void>((resolve) => client.once(kind === 'ws' ? 'close' : 'disconnect', () => resolve()));
    await keys.remove(userId, id);
    await closed;
  });
});
