/** What the stores need of a client of either library. */
export interface RedisConnection {
  /** Sends one command. */
  command(name: string, ...args: readonly string[]): Promise<unknown>;
  /** Opens a second connection for a channel; `undefined` if such a connection cannot report missed messages. */
  readonly listen: ((channel: string, events: ListenerEvents) => Listener) | undefined;
}

export interface ListenerEvents {
  message(text: string): void;
  /** Subscribed, for the first time or again. */
  up(): void;
  /** Not connected; the client library tries again by itself. */
  down(error: unknown): void;
  /** Not connected, and the client library gave up. */
  end(error: unknown): void;
}

export interface Listener {
  connect(): void;
  close(): Promise<void>;
}
