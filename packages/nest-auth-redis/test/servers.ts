import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import type { RedisClient } from '../src/index.js';

export const URL = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';

/** One client library, as an app uses it. */
export interface Library {
  readonly name: 'node-redis' | 'ioredis';
  /** @param givesUp whether the client does not reconnect by itself */
  open(options?: { readonly name?: string; readonly givesUp?: boolean }): Promise<OpenClient>;
  /** With the settings of the README for a Redis that is down. */
  openUnreachable(port: number): OpenClient;
}

export interface OpenClient {
  readonly client: RedisClient;
  send(...command: string[]): Promise<unknown>;
  close(): Promise<void>;
}

const nodeRedis: Library = {
  name: 'node-redis',
  async open({ name, givesUp } = {}) {
    const client = createClient({
      url: URL,
      ...(name && { name }),
      ...(givesUp && { socket: { reconnectStrategy: false } }),
    });
    client.on('error', () => {});
    await client.connect();
    return {
      client,
      send: (...command) => client.sendCommand(command),
      close: async () => client.destroy(),
    };
  },
  openUnreachable(port) {
    const client = createClient({
      disableOfflineQueue: true,
      socket: { port, connectTimeout: 2000, reconnectStrategy: 200 },
    });
    client.on('error', () => {});
    client.connect().catch(() => {});
    return { client, send: (...command) => client.sendCommand(command), close: async () => client.destroy() };
  },
};

const ioredis: Library = {
  name: 'ioredis',
  async open({ name, givesUp } = {}) {
    const client = new Redis(URL, {
      lazyConnect: true,
      ...(name && { connectionName: name }),
      ...(givesUp && { retryStrategy: () => null }),
    });
    client.on('error', () => {});
    await client.connect();
    return {
      client,
      send: (command, ...args) => client.call(command!, ...args),
      close: async () => client.disconnect(),
    };
  },
  openUnreachable(port) {
    const client = new Redis(port, '127.0.0.1', {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      connectTimeout: 2000,
    });
    client.on('error', () => {});
    return {
      client,
      send: (command, ...args) => client.call(command!, ...args),
      close: async () => client.disconnect(),
    };
  },
};

async function isReachable(): Promise<boolean> {
  const client = new Redis(URL, { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}

const reachable = await isReachable();

/** A client of a library and a prefix of its own, whose keys are deleted afterwards. */
export interface Bench {
  readonly library: Library;
  readonly prefix: string;
  readonly open: OpenClient;
}

/** Defines the same stories with both libraries. Without Redis they are skipped by name; in CI they fail. */
export function withBothLibraries(name: string, stories: (bench: Bench) => void): void {
  for (const library of [nodeRedis, ioredis]) {
    describe(`${name} (${library.name})`, () => {
      if (!reachable) return unreachable();
      const prefix = `test-${randomUUID()}`;
      let open: OpenClient | undefined;
      beforeAll(async () => {
        open = await library.open();
      });
      afterAll(async () => {
        const keys = await scan(open!, `{${prefix}}:*`);
        if (keys.length > 0) await open!.send('DEL', ...keys);
        await open!.close();
      });
      stories({
        library,
        prefix,
        get open() {
          return open!;
        },
      });
    });
  }
}

function unreachable(): void {
  if (!process.env.CI) return void test.skip(`there is no Redis at ${URL}`, () => {});
  test('Redis is there', () => {
    throw new Error(`There is no Redis at ${URL}. Set REDIS_URL, or start one.`);
  });
}

export async function scan({ send }: OpenClient, pattern: string): Promise<string[]> {
  const keys = new Set<string>();
  let cursor = '0';
  do {
    const [next, found] = (await send('SCAN', cursor, 'MATCH', pattern, 'COUNT', '1000')) as [string, string[]];
    for (const key of found) keys.add(key);
    cursor = String(next);
  } while (cursor !== '0');
  return [...keys];
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
