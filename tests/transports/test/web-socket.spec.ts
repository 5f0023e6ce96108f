import { once } from 'node:events';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { handlerClasses } from '../src/handlers.js';
import { type LongWire, tellLongStories } from '../src/long-lived.js';
import { tellOldLongStories, tellOldStories } from '../src/old-tokens.js';
import { ioCall, ioClient, wsCall, wsClient } from '../src/sockets.js';
import { type Outcome, tellStories, type Wire } from '../src/stories.js';

const OPTIONS = { 'socket.io': { namespace: 'private' }, ws: { path: '/private' } };
type Kind = keyof typeof OPTIONS;

async function start(
  auth: DynamicModule,
  kind: Kind,
  providers: Type[],
): Promise<{ app: INestApplication; url: string }> {
  const module = await Test.createTestingModule({ imports: [auth], providers }).compile();
  const app = module.createNestApplication({ logger: false });
  app.useWebSocketAdapter(kind === 'ws' ? new WsAdapter(app) : new IoAdapter(app));
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl() };
}

async function open(auth: DynamicModule, kind: Kind): Promise<Wire> {
  const gateways = handlerClasses((name) => SubscribeMessage(name));
  for (const gateway of gateways) WebSocketGateway(kind === 'ws' ? { path: '/' } : {})(gateway);
  const { app, url } = await start(auth, kind, gateways);
  const refused = (error: Error): Outcome => ({ code: error.message });
  return {
    app,
    async call(handler, token) {
      try {
        if (kind === 'ws') {
          const client = await wsClient(url.replace('http', 'ws'), token);
          return await wsCall(client, handler).finally(() => client.close());
        }
        const client = await ioClient(url, token);
        return await ioCall(client, handler).finally(() => client.close());
      } catch (error) {
        return refused(error as Error);
      }
    },
    close: () => app.close(),
  };
}

async function openLong(auth: DynamicModule, kind: Kind): Promise<LongWire> {
  @WebSocketGateway(OPTIONS[kind])
  class PrivateGateway {
    @SubscribeMessage('bare')
    bare() {
      return {};
    }
  }
  const { app, url } = await start(auth, kind, [PrivateGateway]);
  return {
    app,
    async connect(token) {
      if (kind === 'ws') {
        const client = await wsClient(`${url.replace('http', 'ws')}/private`, token);
        const ended = once(client, 'close').then(() => {});
        return { ended, isOpen: () => client.readyState === client.OPEN, close: async () => client.close() };
      }
      const client = await ioClient(`${url}/private`, token);
      const ended = new Promise<void>((resolve) => client.once('disconnect', () => resolve()));
      return { ended, isOpen: () => client.connected, close: async () => void client.close() };
    },
    close: () => app.close(),
  };
}

for (const kind of ['socket.io', 'ws'] as const) {
  tellStories(`WebSocket (${kind})`, (auth) => open(auth, kind));
  tellLongStories(`WebSocket (${kind})`, (auth) => openLong(auth, kind));
  tellOldStories(`WebSocket (${kind})`, (auth) => open(auth, kind));
  tellOldLongStories(`WebSocket (${kind})`, (auth) => openLong(auth, kind));
}
