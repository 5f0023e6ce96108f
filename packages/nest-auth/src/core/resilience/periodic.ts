/** Repeats work, never in two runs at once, without keeping the process alive. */
export class Periodic {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = true;

  /**
   * @param work must not reject
   * @param pause between the end of one run and the start of the next, in milliseconds; called each time
   */
  constructor(
    private readonly work: () => Promise<void>,
    private readonly pause: () => number,
  ) {}

  start(): void {
    this.#stopped = false;
    this.#schedule();
  }

  /** Resolves when the last run has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.work().then(() => this.#schedule());
    }, this.pause()).unref();
  }
}
