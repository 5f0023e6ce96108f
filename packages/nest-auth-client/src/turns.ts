import { unanswered } from './answer.js';
import type { Locks } from './browser.js';

/** Runs one piece of work at a time: in all tabs if there are locks, otherwise in this client. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** @param timeout how long a tab waits for the others */
export function turns(timeout: number, name: string, locks?: Locks): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>) => {
    if (!locks) {
      last = last.then(work, work);
      return last as Promise<T>;
    }
    const signal = AbortSignal.timeout(timeout);
    return locks.request(name, { signal }, work).catch((error) => {
      throw error === signal.reason ? unanswered(error) : error;
    });
  };
}
