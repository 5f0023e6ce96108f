/** Work that goes on after an answer, such as sending a mail. A module waits for it when it closes. */
export class BackgroundTasks {
  readonly #running = new Set<Promise<void>>();

  /** @param report told what a task threw, since no answer can carry it any more */
  constructor(private readonly report: (error: unknown) => void) {}

  /** Begins a task once the answer is on its way, so that the answer's time says nothing about the task. */
  run(task: () => Promise<unknown>): void {
    const running = new Promise<void>((resolve) => setImmediate(resolve))
      .then(task)
      .then(() => {}, this.report)
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Waits until nothing is running, tasks of tasks among it. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
