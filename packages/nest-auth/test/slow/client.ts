import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Outgoing {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly body?: object;
  /** The client's address in `X-Forwarded-For`, for a server that trusts this header. */
  readonly from?: string;
  /** Milliseconds. */
  readonly hangUpAfter?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** From sending the request to the end of the answer. */
  readonly ms: number;
}

/** A client in a process of its own: it shares neither event loop nor thread pool with the server under test. */
export class Client {
  readonly #child: ChildProcess = fork(fileURLToPath(new URL('./login-client.mjs', import.meta.url)), { execArgv: [] });

  async send(
    kind: 'parallel' | 'one by one' | 'probe' | 'paced',
    requests: readonly Outgoing[],
  ): Promise<readonly Answer[]> {
    return (await this.#ask({ kind, requests })) as readonly Answer[];
  }

  /** Repeats the requests on some connections until `stop`. @returns the number of answers by status; 0 is no answer */
  async flood(requests: readonly Outgoing[], connections: number): Promise<Readonly<Record<number, number>>> {
    return (await this.#ask({ kind: 'flood', requests, connections })) as Record<number, number>;
  }

  async #ask(message: object): Promise<unknown> {
    const answers = once(this.#child, 'message');
    this.#child.send(message);
    const [received] = await answers;
    return received;
  }

  /** Ends a `probe` or a `flood`, which then answers. */
  stop(): void {
    this.#child.send({ kind: 'stop' });
  }

  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
