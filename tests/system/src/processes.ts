import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Answer, type Call, Client } from './client.js';
import type { Failpoint, FromWorker, Order, Report, ToWorker, WorkerSettings } from './protocol.js';

const WORKER = fileURLToPath(new URL('../dist/worker.js', import.meta.url));
/** How much of what a process printed is kept for an error message. */
const OUTPUT = 4000;
/** In milliseconds. If it takes longer, something keeps the process alive. */
const STOPS_WITHIN = 10_000;

/** One app process. */
export class AppProcess {
  readonly exited: Promise<NodeJS.Signals | number | null>;
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, { resolve(report: Report): void; reject(error: Error): void }>();
  #client: Client | undefined;
  #output = '';
  #orders = 0;
  #isGone = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output = `${this.#output}${chunk}`.slice(-OUTPUT);
      });
    }
    this.exited = new Promise((resolve) => {
      child.on('exit', (code, signal) => {
        this.#isGone = true;
        resolve(signal ?? code);
        for (const { reject } of this.#pending.values()) reject(new Error(`A process is gone:\n${this.#output}`));
      });
    });
  }

  static start(settings: WorkerSettings): Promise<AppProcess> {
    const env = { ...process.env, WORKER_SETTINGS: JSON.stringify(settings) };
    const child = fork(WORKER, { env, execArgv: ['--enable-source-maps'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    const started = new AppProcess(child);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      void started.exited.then((how) => reject(new Error(`A process ended (${how}):\n${started.#output}`)));
      child.on('message', (message: FromWorker) => {
        if ('port' in message) {
          started.#client = new Client(message.port);
          resolve(started);
        } else {
          started.#pending.get(message.id)?.resolve(message.report);
          started.#pending.delete(message.id);
        }
      });
    });
  }

  /** The end of its output. */
  get output(): string {
    return this.#output;
  }

  send(call: Call): Promise<Answer> {
    if (!this.#client) throw new Error('The process does not listen yet.');
    return this.#client.send(call);
  }

  /** Lets it die at a step, in the next request that reaches the step. */
  async arm(failpoint: Failpoint): Promise<void> {
    await this.#order({ do: 'arm', failpoint });
  }

  async useKeys(keys: WorkerSettings['keys']): Promise<void> {
    await this.#order({ do: 'keys', keys });
  }

  /** Ends all sessions of a user, as an app does that deletes one. */
  async endUser(userId: string): Promise<void> {
    await this.#order({ do: 'end-user', userId });
  }

  /** Does the housekeeping of sessions now. */
  async tidy(): Promise<void> {
    await this.#order({ do: 'tidy' });
  }

  /** Stops it immediately, like a frozen function instance; `thaw` lets it continue. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  report(): Promise<Report> {
    return this.#order({ do: 'report' });
  }

  /** @throws Error if an error was unhandled in it, or something keeps it alive; does nothing if it has ended */
  async stop(): Promise<void> {
    this.#client?.close();
    if (this.#isGone) return;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`A process does not stop:\n${this.#output}`)), STOPS_WITHIN);
    });
    try {
      const { unhandled } = await Promise.race([this.#order({ do: 'stop' }), tooLate]);
      await Promise.race([this.exited, tooLate]);
      if (unhandled.length > 0) throw new Error(`Unhandled in a process:\n${unhandled.join('\n')}`);
    } finally {
      clearTimeout(timer);
      this.#child.kill('SIGKILL');
    }
  }

  #order(order: Order): Promise<Report> {
    const id = ++this.#orders;
    return new Promise((resolve, reject) => {
      if (this.#isGone) return reject(new Error(`A process is gone:\n${this.#output}`));
      this.#pending.set(id, { resolve, reject });
      this.#child.send({ ...order, id } satisfies ToWorker);
    });
  }
}

export function startAll(settings: readonly WorkerSettings[]): Promise<AppProcess[]> {
  return Promise.all(settings.map((one) => AppProcess.start(one)));
}

export async function stopAll(processes: readonly AppProcess[]): Promise<void> {
  const stopped = await Promise.allSettled(processes.map((one) => one.stop()));
  const problems = stopped.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  if (problems.length > 0) throw new AggregateError(problems, problems.join('\n'));
}
