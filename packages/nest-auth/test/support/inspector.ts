import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface ShownDecision {
  readonly seq: number;
  readonly call: string;
  readonly handler: string;
  readonly code?: string;
  readonly why?: string;
  readonly caller: { readonly id: string; readonly roles: readonly string[] } | null;
}

type Headers = Readonly<Record<string, string>>;

/** A client that may send any header, unlike browsers and `fetch`. */
function send(url: string, headers: Headers): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { headers, agent: false }, resolve).on('error', reject).end();
  });
}

export async function ask(url: string, headers: Headers = {}) {
  const response = await send(url, headers);
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode, headers: response.headers as IncomingHttpHeaders, text };
}

/** What an open page of the inspector receives. */
export class OpenInspector {
  readonly decisions: ShownDecision[] = [];
  text = '';
  hasEnded = false;
  readonly #listeners = new Set<() => void>();

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk;
      const found = [...this.text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
      this.decisions.splice(0, Number.POSITIVE_INFINITY, ...found.flatMap(({ decisions }) => decisions));
      this.#tell();
    });
    response
      .on('error', () => {})
      .on('close', () => {
        this.hasEnded = true;
        this.#tell();
      });
  }

  static async open(url: string, headers: Headers = {}): Promise<OpenInspector> {
    return new OpenInspector(await send(`${url}/auth/inspector/events`, headers));
  }

  /** Waits for a decision. @throws Error if the stream ends before */
  sees(call: string, code?: string): Promise<ShownDecision> {
    return this.#until(() => this.decisions.find((one) => one.call === call && one.code === code));
  }

  ends(): Promise<true> {
    return this.#until(() => (this.hasEnded ? true : undefined));
  }

  close(): void {
    this.response.destroy();
  }

  #until<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const listener = () => {
        const found = look();
        if (found === undefined && !this.hasEnded) return;
        this.#listeners.delete(listener);
        if (found === undefined) reject(new Error(`The stream has ended:\n${this.text}`));
        else resolve(found);
      };
      this.#listeners.add(listener);
      listener();
    });
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
