import { connect, type Socket } from 'node:net';

/** The result of one slice of load. */
export interface Slice {
  readonly answers: number;
  /** In milliseconds. */
  readonly elapsed: number;
}

/** Gives the next request, ready to be written. */
export type Requests = () => Buffer;

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/**
 * A closed loop of keep-alive connections: each sends its next request when the last was answered, never two at once.
 * Requests are written unchanged and answers are only measured, so that a request costs the generator little.
 */
export class Load {
  readonly #connections: readonly Connection[];
  readonly #awake: boolean;

  private constructor(connections: readonly Connection[], awake: boolean) {
    this.#connections = connections;
    this.#awake = awake;
  }

  /**
   * @param awake takes a core of its own and never sleeps while it loads. Otherwise a server that is slow enough for
   * the generator to sleep would have to wake it.
   */
  static async connect(port: number, { connections = 50, awake = false } = {}): Promise<Load> {
    return new Load(await Promise.all(Array.from({ length: connections }, () => Connection.open(port))), awake);
  }

  /** Loads for this time; the slice ends with the answer to the last request. @throws Error at an unexpected status */
  async slice(next: Requests, ms: number, expected = 200): Promise<Slice> {
    let loading = this.#awake;
    const stayAwake = () => {
      if (loading) setImmediate(stayAwake);
    };
    stayAwake();
    try {
      return await this.#run(next, ms, expected);
    } finally {
      loading = false;
    }
  }

  #run(next: Requests, ms: number, expected: number): Promise<Slice> {
    return new Promise((resolve, reject) => {
      const started = performance.now();
      let [answers, open] = [0, this.#connections.length];
      for (const connection of this.#connections) {
        connection.onAnswer = (status, text) => {
          if (status !== expected) return reject(new Error(`Expected ${expected}, got:\n${text()}`));
          answers++;
          const elapsed = performance.now() - started;
          if (elapsed < ms) connection.send(next());
          else if (--open === 0) resolve({ answers, elapsed });
        };
        connection.onLost = reject;
        connection.send(next());
      }
    });
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

class Connection {
  onAnswer: (status: number, text: () => string) => void = () => {};
  onLost: (error: Error) => void = () => {};
  #received: Buffer | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.onLost(error));
    socket.on('close', () => this.onLost(new Error('The server closed a connection.')));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new Connection(socket)));
      socket.once('error', reject);
    });
  }

  send(request: Buffer): void {
    this.socket.write(request);
  }

  close(): void {
    this.onLost = () => {};
    this.socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#received ? Buffer.concat([this.#received, chunk]) : chunk;
    const head = bytes.indexOf(END_OF_HEAD);
    if (head < 0 || bytes.length < head + 4 + bodyLength(bytes, head)) {
      this.#received = bytes;
      return;
    }
    this.#received = undefined;
    // 'HTTP/1.1 200'
    const status = Number(bytes.toString('latin1', 9, 12));
    this.onAnswer(status, () => bytes.toString());
  }
}

function bodyLength(bytes: Buffer, head: number): number {
  const [, length = '0'] = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, head)) ?? [];
  return Number(length);
}

/** A GET on a connection that is kept. */
export function get(path: string, headers: readonly string[] = []): Buffer {
  return Buffer.from([`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '', ''].join('\r\n'));
}

/** A POST of JSON. */
export function post(path: string, body: object): Buffer {
  const text = JSON.stringify(body);
  const headers = ['Host: 127.0.0.1', 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`];
  return Buffer.from([`POST ${path} HTTP/1.1`, ...headers, '', text].join('\r\n'));
}

/** One after the other, again and again. */
export function cycle(requests: readonly Buffer[]): Requests {
  let at = 0;
  return () => requests[at++ % requests.length] as Buffer;
}
