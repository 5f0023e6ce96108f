import type { Server } from 'node:http';
import type { TestClock } from '@acme/nest-auth/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { DynamicModule } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { apollo, type GraphqlApp, graphqlApp, mercurius, queryResolvers } from '../src/graphql-app.js';
import {
  clientOf,
  inParameters,
  inUpgrade,
  ProxyStrategy,
  subscribe,
  type Ticking,
  ticking,
} from '../src/graphql-socket.js';
import { authModule, visitor } from '../src/world.js';

const DRIVERS: readonly (readonly [string, (options?: object) => DynamicModule])[] = [
  ['Apollo', (options) => apollo({ subscriptions: { 'graphql-ws': true }, ...options })],
  ['mercurius', (options) => mercurius({ subscription: true, ...options })],
];

interface Scene extends GraphqlApp {
  readonly clock: TestClock;
  readonly ticks: Ticking;
  /** How many connections the library watches. */
  watched(): number;
}

let scene: Scene;
afterEach(() => scene?.app.close());

async function open(driver: DynamicModule): Promise<Scene> {
  const { auth, clock } = authModule();
  const ticks = ticking();
  const { app, url } = await graphqlApp([auth, driver], [...queryResolvers(), ...ticks.providers]);
  const providers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.providers.values()]);
  const connections = providers.find(({ name }) => name === 'LiveConnections')?.instance as { readonly size: number };
  scene = { app, url, clock, ticks, watched: () => connections.size };
  return scene;
}

describe('GraphQL subscriptions', () => {
  describe.each(DRIVERS)('of %s', (name, driver) => {
    test('after logout the socket is closed as Unauthorized, with the code as the reason', async () => {
      const { app, url, ticks, watched } = await open(driver());
      const { token, logOut } = await visitor(app);
      const subscription = await subscribe(clientOf(url, inParameters(token)));
      await logOut();
      expect(await subscription.closed).toMatchObject({ code: 4401, reason: 'token_revoked' });
      await ticks.untilRunning(0);
      expect(watched()).toBe(0);
    });

    test('when the token has expired, a client with its defaults comes back with a new one', async () => {
      const { app, url, clock } = await open(driver());
      const client = clientOf(
        url,
        {},
        {
          connectionParams: async () => ({ Authorization: `Bearer ${(await visitor(app)).token}` }),
          retryAttempts: 5,
          retryWait: async () => {},
        },
      );
      const seen: unknown[] = [];
      const closed: unknown[] = [];
      client.on('closed', (event) => closed.push(event));
      await new Promise<void>((resolve, reject) => {
        client.subscribe(
          { query: 'subscription { ticks { caller } }' },
          {
            next: ({ data }) => {
              seen.push(data);
              if (seen.length === 1) clock.advance(3600);
              else resolve();
            },
            error: reject,
            complete: () => {},
          },
        );
      });
      await client.dispose();
      expect(seen).toHaveLength(2);
      expect(closed[0]).toMatchObject({ code: 4403, reason: 'token_expired' });
    });

    test('many of them on one socket are watched as one, and are forgotten with it', async () => {
      const { app, url, ticks, watched } = await open(driver());
      const { token } = await visitor(app);
      const client = clientOf(url, inParameters(token));
      const first = await subscribe(client);
      for (let round = 0; round < 20; round++) {
        const events = client.iterate({ query: 'subscription { ticks { caller } }' });
        await events.next();
        await events.return?.();
      }
      await ticks.untilRunning(1);
      expect(watched()).toBe(1);
      await first.close();
      await ticks.untilRunning(0);
      while (watched() > 0) await new Promise(setImmediate);
    });

    test('a client that leaves while it is being authenticated is not watched', async () => {
      const { app, url, ticks, watched } = await open(driver());
      const client = clientOf(url, { headers: { 'x-user': 'robot' } });
      const server = app.getHttpServer() as Server;
      const connections = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
      ProxyStrategy.meanwhile = async () => {
        client.terminate();
        while ((await connections()) > 0) await new Promise(setImmediate);
      };
      const served = ticks.untilRunning(1);
      await expect(subscribe(client, 'proxyTicks')).rejects.toBeDefined();
      await served;
      ProxyStrategy.meanwhile = async () => {};
      await ticks.untilRunning(0);
      expect(watched()).toBe(0);
    });

    test('with a filter, it is refused and let in all the same', async () => {
      const { app, url } = await open(driver());
      await expect(subscribe(clientOf(url), 'filteredTicks')).rejects.toThrow('missing_token');
      const { id, token } = await visitor(app);
      const subscription = await subscribe(clientOf(url, inParameters(token)), 'filteredTicks');
      expect(subscription.caller).toBe(id);
      await subscription.close();
    });

    test("with a filter, a resolver's own AuthError keeps its code", async () => {
      const { url } = await open(driver());
      await expect(subscribe(clientOf(url), 'refusedTicks')).rejects.toThrow('too_many_attempts');
    });

    test('a parameter of the connection does not pass for a header', async () => {
      const { url } = await open(driver());
      const shown = { 'x-user': 'admin', headers: { 'x-user': 'admin' } };
      await expect(subscribe(clientOf(url, { parameters: shown }), 'proxyTicks')).rejects.toThrow('missing_token');
      await expect(subscribe(clientOf(url, { parameters: { 'x-user': 'admin' } }), 'proxyTicks')).rejects.toThrow(
        'missing_token',
      );
      const subscription = await subscribe(clientOf(url, { headers: { 'x-user': 'robot' } }), 'proxyTicks');
      expect(subscription.caller).toBe('robot');
      await subscription.close();
    });

    test('what a client says of itself is not believed', async () => {
      const { url } = await open(driver());
      const headers = { authorization: 'Bearer a.b.c' };
      const lies = {
        user: { id: 'admin', roles: ['admin'] },
        req: { headers, user: { id: 'admin' } },
        request: { headers, user: { id: 'admin' } },
        extra: { request: { headers }, user: { id: 'admin' } },
      };
      const client = () => clientOf(url, { parameters: lies });
      await expect(subscribe(client())).rejects.toThrow('missing_token');
      const subscription = await subscribe(client(), 'openTicks');
      expect(subscription.caller).toBe('nobody');
      await subscription.close();
    });

    test('nor where an app puts all of it into the context', async () => {
      const lies = { req: { headers: {}, user: { id: 'admin' } }, user: { id: 'admin' } };
      const { url } = await open(
        driver(
          name === 'Apollo'
            ? { context: ({ connectionParams }: { connectionParams?: object }) => ({ ...connectionParams }) }
            : { subscription: { onConnect: ({ payload }: { payload: object }) => payload } },
        ),
      );
      await expect(subscribe(clientOf(url, { parameters: lies }))).rejects.toThrow(/missing_token|unsupported_context/);
      const subscription = await subscribe(clientOf(url, { parameters: lies }), 'openTicks');
      expect(subscription.caller).toBe('nobody');
      await subscription.close();
    });
  });

  test('whose socket nobody knows are refused', async () => {
    class Copy {
      constructor(readonly headers: object) {}
    }
    const context = ({ extra }: { extra?: { request: { headers: object } } }) => ({
      req: new Copy(extra?.request.headers ?? {}),
    });
    const { app, url } = await open(apollo({ subscriptions: { 'graphql-ws': true }, context }));
    const { token } = await visitor(app);
    await expect(subscribe(clientOf(url, inUpgrade(token)))).rejects.toThrow('unsupported_context');
  });
});
