import type { Listener, ListenerEvents, RedisConnection } from './redis-connection.js';

/** What is used of a `createClient()` of the package `redis`. */
export interface NodeRedisClient {
  sendCommand(args: readonly string[]): Promise<unknown>;
  duplicate(): NodeRedisSubscriber;
}

export interface NodeRedisSubscriber {
  readonly isOpen: boolean;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  destroy(): void;
}

export class NodeRedisConnection implements RedisConnection {
  constructor(private readonly client: NodeRedisClient) {}

  command(...args: readonly string[]): Promise<unknown> {
    return this.client.sendCommand(args);
  }

  listen(channel: string, events: ListenerEvents): Listener {
    const subscriber = this.client.duplicate();
    let isClosed = false;
    const onMessage = (text: string) => events.message(String(text));
    subscriber.on('error', (error) => (subscriber.isOpen ? events.down(error) : events.end(error)));
    subscriber.on('ready', () => {
      // A client that is destroyed while it connects becomes connected anyway.
      if (isClosed) return subscriber.destroy();
      // Does nothing if the client has resubscribed, which it does before it is ready.
      subscriber.subscribe(channel, onMessage).then(events.up, events.down);
    });
    return {
      // The event `error` reports its rejections too.
      connect: () => void subscriber.connect().catch(() => {}),
      close: async () => {
        isClosed = true;
        subscriber.destroy();
      },
    };
  }
}
