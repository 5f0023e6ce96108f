import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the server sent; the tests compare it.
  readonly body: any;
  /** In milliseconds. */
  readonly took: number;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly token?: string;
  readonly body?: object;
  /** The caller's address, as a reverse proxy would send it. */
  readonly from?: string;
}

/** Sends requests to one process over connections that it keeps. */
export class Client {
  readonly #agent = new Agent({ keepAlive: true });

  constructor(private readonly port: number) {}

  send({ method, path, token, body, from }: Call): Promise<Answer> {
    const payload = body && JSON.stringify(body);
    const headers = {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(from && { 'X-Forwarded-For': from }),
      ...(payload && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) }),
    };
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: this.port, method, path, headers, agent: this.#agent });
      sent.on('error', reject);
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const body: unknown = text ? JSON.parse(text) : {};
          const took = performance.now() - started;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body, took });
        });
      });
      sent.end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
