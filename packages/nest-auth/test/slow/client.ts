import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Outgoing {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly body?: object;
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

  async send(kind: 'parallel' | 'one by one' | 'probe', requests: readonly Outgoing[]): Promise<readonly Answer[]> {
    const answers = once(this.#child, 'message');
    this.#child.send({ kind, requests });
    const [received] = await answers;
    return received as readonly Answer[];
  }

  /** Ends a `probe`, which then answers. */
  stop(): void {
    this.#child.send({ kind: 'stop' });
  }

  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
