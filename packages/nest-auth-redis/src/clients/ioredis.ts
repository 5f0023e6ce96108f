import type { Listener, ListenerEvents, RedisConnection } from './redis-connection.js';

/** What is used of a `new Redis()` of the package `ioredis`. */
export interface IoRedisClient {
  call(command: string, ...args: string[]): Promise<unknown>;
  duplicate(override: {
    readonly lazyConnect: boolean;
    readonly autoResubscribe: boolean;
    readonly disconnectTimeout: number;
  }): IoRedisSubscriber;
}

/** What is used of a `new Cluster()` of the package `ioredis`. */
export interface IoRedisCluster {
  readonly isCluster: boolean;
  call(command: string, ...args: string[]): Promise<unknown>;
}

export interface IoRedisSubscriber {
  readonly status: string;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  once(event: string, listener: () => void): unknown;
  connect(): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  disconnect(reconnect?: boolean): void;
}

export class IoRedisConnection implements RedisConnection {
  readonly listen: RedisConnection['listen'];

  constructor(private readonly client: IoRedisClient | IoRedisCluster) {
    // A cluster's client moves its subscription from node to node without an event.
    this.listen = isCluster(client) ? undefined : (channel, events) => listen(client, channel, events);
  }

  command(name: string, ...args: string[]): Promise<unknown> {
    return this.client.call(name, ...args);
  }
}

function isCluster(client: IoRedisClient | IoRedisCluster): client is IoRedisCluster {
  return 'isCluster' in client && client.isCluster;
}

function listen(client: IoRedisClient, channel: string, events: ListenerEvents): Listener {
  // ioredis does not report the end of its own resubscription. A disconnect has no pending commands to wait for.
  const subscriber = client.duplicate({ lazyConnect: true, autoResubscribe: false, disconnectTimeout: 0 });
  let reason: unknown = new Error('The connection to Redis was closed.');
  subscriber.on('error', (error) => {
    reason = error;
  });
  subscriber.on('message', (_channel, text) => events.message(String(text)));
  subscriber.on('ready', () => {
    subscriber.subscribe(channel).then(events.up, (error) => {
      reason = error;
      subscriber.disconnect(true);
    });
  });
  subscriber.on('close', () => events.down(reason));
  subscriber.on('end', () => events.end(reason));
  return {
    // The event `close` reports its rejections too.
    connect: () => void subscriber.connect().catch(() => {}),
    close: () =>
      new Promise((resolve) => {
        const hasSocket = ['connecting', 'connect', 'ready'].includes(subscriber.status);
        if (hasSocket) subscriber.once('end', resolve);
        subscriber.disconnect();
        if (!hasSocket) resolve();
      }),
  };
}
