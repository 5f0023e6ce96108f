import { once } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { BOTH, BY_COOKIE, type CookieWire, cookie, tellCookieStories } from '../src/cookies.js';
import { ioCall, ioClient, wsClient } from '../src/sockets.js';
import { authModule, visitor } from '../src/world.js';

const apps: INestApplication[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

@WebSocketGateway()
class IoGateway {
  @SubscribeMessage('hello')
  hello() {
    return { caller: 'hello' };
  }
}

@WebSocketGateway({ path: '/' })
class WsGateway {
  @SubscribeMessage('hello')
  hello() {
    return { caller: 'hello' };
  }
}

async function start(options: object, adapter: 'socket.io' | 'ws') {
  const providers = [adapter === 'ws' ? WsGateway : IoGateway];
  const module = await Test.createTestingModule({ imports: [authModule(options).auth], providers }).compile();
  const app = module.createNestApplication({ logger: false });
  apps.push(app);
  app.useWebSocketAdapter(adapter === 'ws' ? new WsAdapter(app) : new IoAdapter(app));
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return { app, url, host: new URL(url).host };
}

describe('socket.io', () => {
  tellCookieStories(async (options): Promise<CookieWire> => {
    const { app, url, host } = await start(options, 'socket.io');
    return {
      app,
      host,
      async connect(headers, token) {
        const client = await ioClient(url, token, { ...headers });
        const ended = new Promise<void>((resolve) => client.once('disconnect', () => resolve()));
        return { ended, close: () => client.close() };
      },
    };
  });

  test('a token among the parameters is a bearer token, whatever else is there', async () => {
    const { app, url, host } = await start(BOTH, 'socket.io');
    const { token } = await visitor(app);
    const { token: planted } = await visitor(app);
    const origin = `http://${host}`;
    const parameters = {
      cookie: cookie(planted).cookie,
      headers: cookie(planted),
      origin,
      'sec-fetch-site': 'same-origin',
    };
    const refused = ioClient(url, undefined, { ...cookie(token), origin: 'https://evil.example' }, parameters);
    await expect(refused).rejects.toThrow('cross_site_request');
    await expect(ioClient(url, undefined, { origin }, parameters)).rejects.toThrow('missing_token');
    const client = await ioClient(url, undefined, { origin: 'https://evil.example' }, { ...parameters, token });
    expect(await ioCall(client, 'hello')).toEqual({ caller: 'hello' });
    client.close();
  });

  test('long polling has the same check, though its requests are GET and POST', async () => {
    const { app, url, host } = await start(BY_COOKIE, 'socket.io');
    const { token } = await visitor(app);
    const open = (headers: object) => ioClient(url, undefined, { ...cookie(token), ...headers }, {}, ['polling']);
    await expect(open({ origin: 'https://evil.example' })).rejects.toThrow('cross_site_request');
    // A browser sends no Origin with a GET to the page's own origin.
    (await open({ 'sec-fetch-site': 'same-origin' })).close();
    (await open({ origin: `http://${host}` })).close();
  });
});

describe('ws', () => {
  tellCookieStories(async (options): Promise<CookieWire> => {
    const { app, url, host } = await start(options, 'ws');
    return {
      app,
      host,
      async connect(headers, token) {
        const client = await wsClient(url.replace('http', 'ws'), token, headers);
        return { ended: once(client, 'close'), close: () => client.close() };
      },
    };
  });
});
