import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * How the network behaves.
 * - `refuse`: nobody listens, and open connections are closed
 * - `hang`: nothing arrives, on either side; like TCP, it is delivered when the network works again
 * - `reset`: every connection is reset
 * - `half-request`, `half-answer`: the next message of each connection is cut in half, and the connection with it
 */
export type Mode = 'pass' | 'refuse' | 'hang' | 'reset' | 'half-request' | 'half-answer';

export const FAULTS = ['refuse', 'hang', 'reset', 'half-request', 'half-answer'] as const satisfies Mode[];

interface Trip {
  readonly fault: Mode;
  readonly counts: (request: string) => boolean;
  left: number;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
}

/** A TCP proxy in front of a server. It forwards data, or makes the network fail. */
export class FaultyProxy {
  #mode: Mode = 'pass';
  #trip: Trip | undefined;
  readonly #links = new Set<Link>();
  /** Callbacks for the moment when the network no longer hangs. */
  #held: (() => void)[] = [];

  private constructor(
    private readonly listener: Server,
    private readonly target: { readonly host: string; readonly port: number },
    private readonly port: number,
    private readonly longestHalf: number,
  ) {
    listener.on('connection', (client) => this.#connect(client));
  }

  /**
   * @param url of the server; the proxy replaces its host and port
   * @param longestHalf in bytes: if requests are pipelined, half of the data may contain whole answers
   */
  static async before(url: string, defaultPort: number, longestHalf = Number.POSITIVE_INFINITY): Promise<FaultyProxy> {
    const { hostname, port } = new URL(url);
    const listener = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const own = (listener.address() as AddressInfo).port;
    return new FaultyProxy(listener, { host: hostname, port: Number(port || defaultPort) }, own, longestHalf);
  }

  /** The same URL, through the proxy. */
  through(url: string): string {
    const changed = new URL(url);
    changed.hostname = '127.0.0.1';
    changed.port = String(this.port);
    return changed.href;
  }

  get mode(): Mode {
    return this.#mode;
  }

  /** Changes what happens to every connection, also to open ones. */
  async become(mode: Mode): Promise<void> {
    this.#trip = undefined;
    this.#enter(mode);
    if (mode === 'refuse' || this.listener.listening) return;
    this.listener.listen(this.port, '127.0.0.1');
    await once(this.listener, 'listening');
  }

  /** Lets `left` requests pass and fails at the next one. Only requests for which `counts` returns true are counted. */
  failAfter(left: number, fault: Mode, counts: (request: string) => boolean): void {
    this.#trip = { fault, counts, left };
  }

  async close(): Promise<void> {
    this.#enter('refuse');
  }

  #enter(mode: Mode): void {
    this.#mode = mode;
    if (mode !== 'hang') for (const happen of this.#held.splice(0)) happen();
    if (mode === 'refuse' || mode === 'reset') for (const link of this.#links) this.#cut(link);
    if (mode === 'refuse') this.listener.close();
  }

  #connect(client: Socket): void {
    const server = connect({ ...this.target, allowHalfOpen: true });
    const link = { client, server };
    this.#links.add(link);
    this.#forward(client, server, link, 'half-request');
    this.#forward(server, client, link, 'half-answer');
    if (this.#mode === 'reset') this.#cut(link);
  }

  #forward(from: Socket, to: Socket, link: Link, half: Mode): void {
    const write = (chunk: Buffer) => {
      if (this.#mode !== half) return void to.write(chunk);
      from.removeAllListeners('data');
      to.write(chunk.subarray(0, Math.min(chunk.length >> 1, this.longestHalf)), () => this.#cut(link));
    };
    from.on('data', (chunk: Buffer) => {
      if (half === 'half-request') this.#count(chunk);
      this.#deliver(() => write(chunk));
    });
    // The error of a broken connection says only that it is closed.
    from.on('error', () => {});
    from.on('close', () => {
      this.#deliver(() => {
        to.end();
        this.#links.delete(link);
      });
    });
    from.on('end', () => this.#deliver(() => to.end()));
  }

  #deliver(happen: () => void): void {
    if (this.#mode === 'hang') this.#held.push(happen);
    else happen();
  }

  #count(request: Buffer): void {
    const trip = this.#trip;
    if (!trip?.counts(request.toString('latin1')) || trip.left-- > 0) return;
    this.#trip = undefined;
    this.#enter(trip.fault);
  }

  #cut({ client, server }: Link): void {
    if (this.#mode === 'reset') client.resetAndDestroy();
    else client.destroy();
    server.destroy();
  }
}
