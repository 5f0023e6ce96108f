import { AuthError } from '../errors/auth-error.js';
import type { Operation, OperationWatch, Outcome, Refusal } from './observer.js';
import { refusalFrom } from './refusal.js';

/** One feature's observer. No method throws. */
export interface SafeObserver {
  started(operation: Operation): OperationWatch | undefined;
  within(watch: OperationWatch, run: () => void): void;
  ended(watch: OperationWatch, outcome: Outcome): void;
}

/** Tells observers about operations. */
export class OperationObservers {
  readonly #observers: SafeObserver[] = [];

  constructor(private readonly clock: () => number) {}

  add(observer: SafeObserver): void {
    this.#observers.push(observer);
  }

  /**
   * Runs an operation exactly once, whatever the observers do, and reports it to them.
   * @param isAnswer whether a rejection is an answer and not a failure. @default no rejection is an answer
   * @returns the promise of the operation itself, so observing adds no delay
   */
  watch<T>(operation: Operation, work: () => Promise<T>, isAnswer?: (rejection: unknown) => boolean): Promise<T> {
    const started = this.clock();
    const watches = this.#observers.map((observer) => ({ observer, watch: observer.started(operation) }));
    let running: Promise<T> | undefined;
    let run = () => {
      running ??= begun(work);
    };
    // The first feature's context is the outermost.
    for (const { observer, watch } of watches.reverse()) {
      if (!watch) continue;
      const inner = run;
      run = once(() => {
        observer.within(watch, inner);
        // The observer may not have called it.
        inner();
      });
    }
    run();
    const ended = (refusal: Refusal | undefined) => {
      const outcome: Outcome = Object.freeze({ milliseconds: this.clock() - started, refusal });
      for (const { observer, watch } of watches) if (watch) observer.ended(watch, outcome);
    };
    const operating = running as unknown as Promise<T>;
    operating.then(
      () => ended(undefined),
      (error: unknown) => ended(!(error instanceof AuthError) && isAnswer?.(error) ? undefined : refusalFrom(error)),
    );
    return operating;
  }
}

/** Turns a synchronous throw into a rejection, and a plain value of a team's hasher into a promise. */
function begun<T>(work: () => Promise<T>): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error);
  }
}

function once(call: () => void): () => void {
  let called = false;
  return () => {
    if (called) return;
    called = true;
    call();
  };
}
