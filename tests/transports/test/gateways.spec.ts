import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { JwtAuthGuard, MemorySessionStore, Public, RequireRecent, Roles } from '@acme/nest-auth';
import { AuthTestingModule, TestClock } from '@acme/nest-auth/testing';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  type ArgumentsHost,
  Catch,
  type DynamicModule,
  type INestApplication,
  type Type,
  UseFilters,
} from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { type OnGatewayConnection, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { ioCall, ioClient, wsCall, wsClient } from '../src/sockets.js';
import { authModule, visitor } from '../src/world.js';

const apps: INestApplication[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function start(auth: DynamicModule, providers: Type[], adapter: 'socket.io' | 'ws' = 'socket.io') {
  const module = await Test.createTestingModule({ imports: [auth], providers }).compile();
  return listen(module.createNestApplication({ logger: false }), adapter);
}

async function listen(app: INestApplication, adapter: 'socket.io' | 'ws') {
  apps.push(app);
  app.useWebSocketAdapter(adapter === 'ws' ? new WsAdapter(app) : new IoAdapter(app));
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return { app, url, wsUrl: url.replace('http', 'ws') };
}

const greeted = jest.fn();

@WebSocketGateway()
class Greeter implements OnGatewayConnection {
  handleConnection() {
    greeted();
  }

  @SubscribeMessage('hello')
  hello() {
    return { caller: 'hello' };
  }
}

@Roles('admin')
@WebSocketGateway()
class AdminFeed {}

@RequireRecent('5m')
@WebSocketGateway({ path: '/' })
class RecentFeed {}

@WebSocketGateway({ path: '/' })
class PlainWs {
  @SubscribeMessage('hello')
  hello() {
    return { caller: 'hello' };
  }
}

describe('who connects', () => {
  test('nobody anonymous, and the gateway does not even hear of it', async () => {
    const { app, url } = await start(authModule().auth, [Greeter]);
    greeted.mockClear();
    await expect(ioClient(url)).rejects.toThrow('missing_token');
    expect(greeted).not.toHaveBeenCalled();
    const client = await ioClient(url, (await visitor(app)).token);
    expect(greeted).toHaveBeenCalledTimes(1);
    client.close();
  });

  test('the token may come in the Authorization header, never in the URL', async () => {
    const { app, url, wsUrl } = await start(authModule().auth, [PlainWs], 'ws');
    const { token } = await visitor(app);
    (await wsClient(wsUrl, token)).close();
    await expect(wsClient(`${wsUrl}/?access_token=${token}&token=${token}`)).rejects.toThrow('missing_token');
    expect(url).toMatch(/^http/);
  });

  test('a header serves socket.io too', async () => {
    const { app, url } = await start(authModule().auth, [Greeter]);
    const { token } = await visitor(app);
    const client = await ioClient(url, undefined, { authorization: `Bearer ${token}` });
    expect(await ioCall(client, 'hello')).toEqual({ caller: 'hello' });
    client.close();
  });

  test('whoever its only handlers would refuse does not connect to a gateway that only sends', async () => {
    const { app, url } = await start(authModule().auth, [AdminFeed]);
    const [user, admin] = [await visitor(app), await visitor(app, ['admin'])];
    await expect(ioClient(url, user.token)).rejects.toThrow('insufficient_scope');
    (await ioClient(url, admin.token)).close();
  });

  test('nobody whose login is too old for all of its handlers; a client whose login becomes so is closed', async () => {
    const { auth, clock } = authModule();
    const { app, url, wsUrl } = await start(auth, [RecentFeed], 'ws');
    const { token } = await visitor(app);
    const client = await wsClient(wsUrl, token);
    const closed = once(client, 'close');
    clock.advance(400);
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([4401, 'insufficient_user_authentication']);
    await expect(wsClient(wsUrl, token)).rejects.toThrow('insufficient_user_authentication');
    const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
    const headers = { ...upgrade, 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', Authorization: `Bearer ${token}` };
    const response = await new Promise<IncomingMessage>((resolve) => get(url, { headers }, resolve));
    expect(response.headers['www-authenticate']).toMatch(
      /^Bearer error="insufficient_user_authentication", error_description="[^"]+", max_age="300"$/,
    );
    response.destroy();
  });

  test('anybody does where every handler is public, whatever token is shown', async () => {
    @Public()
    @WebSocketGateway()
    class Open {
      @SubscribeMessage('hello')
      hello() {
        return { caller: 'anybody' };
      }
    }
    const { url } = await start(authModule().auth, [Open]);
    const client = await ioClient(url, 'no.such.token');
    expect(await ioCall(client, 'hello')).toEqual({ caller: 'anybody' });
    client.close();
  });

  test('gateways of one server share its clients: one public handler opens the connection, and nothing else', async () => {
    @Public()
    @WebSocketGateway()
    class Lobby {
      @SubscribeMessage('lobby')
      lobby() {
        return { caller: 'anybody' };
      }
    }
    const { url } = await start(authModule().auth, [Greeter, Lobby]);
    const client = await ioClient(url);
    expect(await ioCall(client, 'lobby')).toEqual({ caller: 'anybody' });
    expect(await ioCall(client, 'hello')).toEqual({ code: 'missing_token' });
    client.close();
  });

  test('a refused upgrade of ws is a whole HTTP answer', async () => {
    const { url } = await start(authModule().auth, [PlainWs], 'ws');
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const { request } = await import('node:http');
    const asked = request(url, { headers }).end();
    const [response] = await once(asked, 'response');
    expect(response.statusCode).toBe(401);
    expect(response.headers).toMatchObject({
      'www-authenticate': 'Bearer',
      'content-type': 'application/json; charset=utf-8',
    });
    response.destroy();
  });

  test("the app's own verifyClient is asked as well", async () => {
    const verifyClient = jest.fn((info: { origin?: string }) => info.origin !== 'https://evil.example');
    @WebSocketGateway({ path: '/', verifyClient } as object)
    class Picky {
      @SubscribeMessage('hello')
      hello() {
        return { caller: 'hello' };
      }
    }
    const { app, wsUrl } = await start(authModule().auth, [Picky], 'ws');
    const { token } = await visitor(app);
    const client = await wsClient(wsUrl, token);
    expect(await wsCall(client, 'hello')).toEqual({ caller: 'hello' });
    client.close();
    verifyClient.mockReturnValue(false);
    await expect(wsClient(wsUrl, token)).rejects.toThrow('Unauthorized');
  });
});

describe('when a store is down', () => {
  class Down extends MemorySessionStore {
    down = false;

    override async find(id: string) {
      if (this.down) throw new Error('connection refused');
      return super.find(id);
    }
  }

  test('nobody connects (503), and who is connected is cut', async () => {
    const sessionStore = new Down();
    const { clock, auth } = authModule({ sessionStore, revocation: 'strict' });
    Object.assign(sessionStore, { clock: clock.read });
    const { app, wsUrl } = await start(auth, [PlainWs], 'ws');
    const { token } = await visitor(app);
    const client = await wsClient(wsUrl, token);
    const closed = once(client, 'close');
    sessionStore.down = true;
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([1013, 'store_unavailable']);
    await expect(wsClient(wsUrl, token)).rejects.toThrow('store_unavailable');
  });
});

test('a logout that another app of the same store has heard cuts the socket here', async () => {
  const sessionStore = new MemorySessionStore({ clock: new TestClock().read });
  const here = await start(authModule({ sessionStore }).auth, [PlainWs], 'ws');
  const there = await start(authModule({ sessionStore }).auth, [], 'ws');
  const { token, logOut } = await visitor(there.app);
  const client = await wsClient(here.wsUrl, token);
  const closed = once(client, 'close');
  await logOut();
  expect((await closed)[0]).toBe(4401);
});

describe('what a client hears', () => {
  test('the event `exception` with code and status, and on the way out the close code', async () => {
    const { app, wsUrl } = await start(authModule().auth, [PlainWs], 'ws');
    const { token, logOut } = await visitor(app);
    const client = await wsClient(wsUrl, token);
    const complaint = once(client, 'message');
    const closed = once(client, 'close');
    await logOut();
    expect(JSON.parse(String((await complaint)[0]))).toEqual({
      event: 'exception',
      data: {
        status: 'error',
        statusCode: 401,
        error: 'Unauthorized',
        code: 'token_revoked',
        message: 'The session of this access token has ended.',
      },
    });
    expect((await closed)[0]).toBe(4401);
  });

  test("an app's own filter gets a WsException", async () => {
    @Catch(WsException)
    class Own {
      catch(exception: WsException, host: ArgumentsHost) {
        host
          .switchToWs()
          .getClient()
          .emit('exception', { code: `own ${(exception.getError() as { code: string }).code}` });
      }
    }
    @UseFilters(new Own())
    @WebSocketGateway()
    class Filtered {
      @Public()
      @SubscribeMessage('open')
      open() {
        return {};
      }

      @SubscribeMessage('hello')
      hello() {
        return {};
      }
    }
    const { url } = await start(authModule().auth, [Filtered]);
    const client = await ioClient(url);
    expect(await ioCall(client, 'hello')).toEqual({ code: 'own missing_token' });
    client.close();
  });
});

describe('apps of one process', () => {
  test('with one gateway class do not know each other', async () => {
    const secrets = {
      access: 'another-Access-Key_0123456789abcdefGHIJ',
      refresh: 'another-Refresh-Key_0123456789abcdefGHIJ',
    };
    const [one, other] = [
      await start(authModule().auth, [Greeter]),
      await start(authModule({ secrets }).auth, [Greeter]),
    ];
    const { token } = await visitor(one.app);
    (await ioClient(one.url, token)).close();
    await expect(ioClient(other.url, token)).rejects.toThrow('invalid_token');
    (await ioClient(other.url, (await visitor(other.app)).token)).close();
  });

  test('an app without the module has its gateways as they were', async () => {
    await start(authModule().auth, [Greeter]);
    const module = await Test.createTestingModule({ providers: [Greeter] }).compile();
    const { url } = await listen(module.createNestApplication({ logger: false }), 'socket.io');
    const client = await ioClient(url);
    expect(await ioCall(client, 'hello')).toEqual({ caller: 'hello' });
    client.close();
  });

  test('a gateway stays what it was: injected, by its class', async () => {
    const { app } = await start(authModule().auth, [Greeter]);
    const gateway = app.get(Greeter);
    expect(gateway).toBeInstanceOf(Greeter);
    expect(gateway.constructor.name).toBe('Greeter');
  });
});

describe('the guard can be left out', () => {
  test('by globalGuard: false', async () => {
    const auth = AuthTestingModule.forRoot({ globalGuard: false });
    const { url } = await start(auth, [Greeter]);
    (await ioClient(url)).close();
  });

  test("by an app's test that overrides it", async () => {
    const module = await Test.createTestingModule({ imports: [authModule().auth], providers: [Greeter] })
      .overrideProvider(JwtAuthGuard)
      .useValue({ canActivate: () => true })
      .compile();
    const { url } = await listen(module.createNestApplication({ logger: false }), 'socket.io');
    const client = await ioClient(url);
    expect(await ioCall(client, 'hello')).toEqual({ caller: 'hello' });
    client.close();
  });
});

test('a gateway whose afterInit hides the check does not boot', async () => {
  @WebSocketGateway()
  class Hiding {
    afterInit = () => {};
  }
  await expect(start(authModule().auth, [Hiding])).rejects.toThrow('Hiding.afterInit is a property');
});
