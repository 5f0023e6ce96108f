import type { Client } from '../core/call.js';

/** What is used of an HTTP/1 socket or an HTTP/2 stream. */
interface Connection {
  readonly destroyed?: boolean;
  once?(event: 'close', listener: () => void): unknown;
}

/** A request of Express, of Fastify, or of Node.js itself. */
interface ConnectedRequest {
  readonly raw?: ConnectedRequest;
  readonly socket?: Connection;
  /** HTTP/2: one of many streams on a socket. */
  readonly stream?: Connection;
}

/** One listener for each connection, for any number of pipelined requests. */
const listeners = new WeakMap<Connection, Set<() => void>>();

/** The client at the other end of a request's connection. */
export class ConnectedClient implements Client {
  constructor(private readonly request: object) {}

  get isGone(): boolean {
    return this.#connection?.destroyed === true;
  }

  onGone(listener: () => void): () => void {
    const connection = this.#connection;
    if (!connection?.once) return () => {};
    let waiting = listeners.get(connection);
    if (!waiting) {
      waiting = new Set();
      listeners.set(connection, waiting);
      connection.once('close', () => {
        for (const tell of listeners.get(connection) ?? []) tell();
        listeners.delete(connection);
      });
    }
    waiting.add(listener);
    return () => waiting.delete(listener);
  }

  get #connection(): Connection | undefined {
    const request = this.request as ConnectedRequest;
    const { stream, socket } = request.raw ?? request;
    return stream ?? socket;
  }
}
