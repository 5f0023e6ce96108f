import { setTimeout as pause } from 'node:timers/promises';
import { AuthError } from '../errors/auth-error.js';

/** In milliseconds. After a signal, a process manager usually waits for 30 seconds. */
const PATIENCE = 10_000;

/** Work that continues after an answer, such as sending a mail. A module waits for it when it closes. */
export class BackgroundTasks {
  readonly #running = new Set<Promise<void>>();

  /**
   * @param report receives the errors of tasks, because the answers were already sent
   * @param patience how long `settled` waits at most, in milliseconds
   */
  constructor(
    private readonly report: (error: unknown) => void,
    private readonly patience = PATIENCE,
  ) {}

  /** Begins a task once the answer is on its way, so that the answer's time reveals nothing about the task. */
  run(task: () => Promise<unknown>): void {
    const running = new Promise<void>((resolve) => setImmediate(resolve))
      .then(task)
      .then(() => {}, this.report)
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /**
   * Waits for all tasks, including those that tasks start. It waits 10 seconds at most, because a mail server may never
   * answer.
   */
  async settled(): Promise<void> {
    const stop = new AbortController();
    const end = performance.now() + this.patience;
    const late = pause(this.patience, undefined, { signal: stop.signal }).catch(() => {});
    while (this.#running.size > 0 && performance.now() < end) await Promise.race([Promise.all(this.#running), late]);
    stop.abort();
    if (this.#running.size === 0) return;
    const message = `${this.#running.size} background tasks were not done when the module closed, such as mails; give the mailer a timeout.`;
    this.#running.clear();
    this.report(new AuthError('contract_broken', { message }));
  }
}
