import type { AuthEvent } from '@acme/nest-auth';
import type { AuditRecord, AuditRecords } from './audit-record.js';
import type { AuditSink } from './sinks/audit-sink.js';

export interface AuditQueueOptions {
  readonly sink: AuditSink;
  readonly records: AuditRecords;
  /** The most records that wait. */
  readonly max: number;
  /** The most records in one call of the sink. */
  readonly batch: number;
  /** In milliseconds, for each call of the sink. */
  readonly timeout: number;
  /** In milliseconds, between two attempts. */
  readonly pause: { readonly first: number; readonly most: number };
  readonly reporter: AuditReporter;
}

/** Called once when a problem begins or ends, not for each record. */
export interface AuditReporter {
  failing(error: unknown): void;
  full(): void;
  recovered(): void;
}

/** The sink has not answered. */
export class SinkTimeout extends Error {
  override readonly name = 'SinkTimeout';
}

/** In milliseconds, so that closing an app does not take half a minute. */
const PAUSE_WHILE_CLOSING = 100;

interface OpenGap {
  dropped: number;
  readonly from: Date;
  until: Date;
  readonly types: Map<string, number>;
}

/**
 * Hands records to a sink in order, one batch at a time, and repeats a batch until the sink has taken it. It holds at most
 * `max` records. While it is full, new events are counted, and one record with the count takes their place.
 */
export class AuditQueue {
  readonly #options: AuditQueueOptions;
  readonly #waiting: AuditRecord[] = [];
  #gap: OpenGap | undefined;
  #running: Promise<void> | undefined;
  #skipPause: (() => void) | undefined;
  #isClosing = false;
  #isClosed = false;
  #isFailing = false;
  #isToldFull = false;

  constructor(options: AuditQueueOptions) {
    this.#options = options;
  }

  add(event: AuthEvent): void {
    if (this.#isClosed) return;
    if (this.#waiting.length >= this.#options.max) {
      this.#drop(event);
      return;
    }
    this.#waiting.push(this.#options.records.of(event));
    this.#running ??= this.#run();
  }

  /**
   * Waits until everything is written. From now on pauses are short.
   * @param patience the longest time to wait, in milliseconds
   */
  async flush(patience: number): Promise<void> {
    this.#isClosing = true;
    this.#skipPause?.();
    if (!this.#running || patience <= 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patience);
    });
    await Promise.race([this.#running, late]);
    clearTimeout(timer);
  }

  /** Accepts no more events and begins no further attempt. @returns how many events were not written */
  close(): number {
    this.#isClosed = true;
    this.#skipPause?.();
    return this.#waiting.length + (this.#gap?.dropped ?? 0);
  }

  #drop({ type, at }: AuthEvent): void {
    this.#gap ??= { dropped: 0, from: at, until: at, types: new Map() };
    this.#gap.dropped++;
    this.#gap.until = at;
    this.#gap.types.set(type, (this.#gap.types.get(type) ?? 0) + 1);
    if (this.#isToldFull) return;
    this.#isToldFull = true;
    this.#options.reporter.full();
  }

  async #run(): Promise<void> {
    // Lets the request of the event continue first: the sink's computing must not delay it.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = Object.freeze(this.#waiting.slice(0, this.#options.batch));
      if (!(await this.#deliver(batch))) break;
      this.#waiting.splice(0, batch.length);
      this.#closeGap();
    }
    this.#isToldFull = false;
    // Not in `finally`, which runs later: an event added in between would not start a new run.
    this.#running = undefined;
  }

  /** The written batch has left room for the record of the gap. */
  #closeGap(): void {
    if (!this.#gap) return;
    this.#waiting.push(this.#options.records.gap(this.#gap));
    this.#gap = undefined;
  }

  /** @returns whether the sink took it; `false` only if the queue was closed meanwhile */
  async #deliver(batch: readonly AuditRecord[]): Promise<boolean> {
    for (let attempt = 0; !this.#isClosed; attempt++) {
      try {
        await this.#write(batch);
        if (this.#isFailing) this.#options.reporter.recovered();
        this.#isFailing = false;
        return true;
      } catch (error) {
        if (!this.#isFailing) this.#options.reporter.failing(error);
        this.#isFailing = true;
        await this.#pause(attempt);
      }
    }
    return false;
  }

  async #write(batch: readonly AuditRecord[]): Promise<void> {
    const { sink, timeout } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new SinkTimeout()), timeout).unref();
    });
    try {
      await Promise.race([sink.write(batch), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #pause(attempt: number): Promise<void> {
    const { first, most } = this.#options.pause;
    const pause = this.#isClosing ? PAUSE_WHILE_CLOSING : Math.min(most, first * 2 ** attempt);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pause).unref();
      this.#skipPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
