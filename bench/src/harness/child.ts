import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The messages to a subject, and back. */
export interface Order {
  readonly id: number;
  readonly call: string;
  readonly args: readonly unknown[];
}
export type Reply = { readonly id: number; readonly value?: unknown; readonly error?: string };

/** The start parameters of a subject. */
export type Settings = Readonly<Record<string, unknown>>;

export interface Start {
  /** The Node that runs it. @default the one that runs the bench */
  readonly node?: string | undefined;
  readonly flags?: readonly string[];
}

/** The built ones, whether this file runs as a source or as a part of the bench. */
const PACKAGE = dirname(createRequire(import.meta.url).resolve('@acme/nest-auth-bench/package.json'));
const SUBJECTS = join(PACKAGE, 'dist/subjects');
/** How much of what a process printed is kept for an error message. */
const OUTPUT = 4000;
/** In milliseconds. */
const ENDS_WITHIN = 5000;

/** One measured process: a file of `subjects`, which offers functions to call. */
export class Child {
  readonly #process: ChildProcess;
  readonly #pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #orders = 0;
  #output = '';
  #gone = false;

  private constructor(started: ChildProcess) {
    this.#process = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output = `${this.#output}${chunk}`.slice(-OUTPUT);
      });
    }
    started.on('message', ({ id, value, error }: Reply) => {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (error === undefined) pending?.resolve(value);
      else pending?.reject(new Error(error));
    });
    const fail = () => {
      this.#gone = true;
      for (const { reject } of this.#pending.values()) reject(this.#lost());
    };
    started.on('exit', fail).on('error', fail);
  }

  /** Resolves once the subject offers its functions. */
  static async start(subject: string, settings: Settings, { node, flags = [] }: Start = {}): Promise<Child> {
    const child = new Child(
      fork(join(SUBJECTS, `${subject}.js`), {
        env: { ...process.env, NODE_ENV: 'production', SUBJECT: JSON.stringify(settings) },
        execArgv: [...flags],
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        ...(node && { execPath: node }),
      }),
    );
    try {
      await child.call('ready');
    } catch (error) {
      await child.stop();
      throw error;
    }
    return child;
  }

  call<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    const id = ++this.#orders;
    return new Promise((resolve, reject) => {
      if (this.#gone) return reject(this.#lost());
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#process.send({ id, call: name, args } satisfies Order);
    });
  }

  /** Lets it clean up and end by itself, so that a profiler of Node can write its results. */
  async stop(): Promise<void> {
    if (this.#gone) return;
    await this.call('stop').catch(() => undefined);
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), ENDS_WITHIN);
    this.#process.disconnect();
    await exited;
    clearTimeout(timer);
  }

  #lost(): Error {
    return new Error(`A process of the bench is gone:\n${this.#output}`);
  }
}

export async function stopAll(children: Iterable<Child>): Promise<void> {
  await Promise.all([...children].map((child) => child.stop()));
}
