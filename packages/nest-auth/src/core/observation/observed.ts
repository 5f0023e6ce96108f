import type { Observation } from './observation.js';
import type { Operation } from './observer.js';

/** Runs an operation other than a call of a store, and tells the observers if there are any. */
export function observed<T>(
  observation: Observation | undefined,
  name: Exclude<Operation['name'], 'store'>,
  work: () => Promise<T>,
): Promise<T> {
  const observers = observation?.operations;
  return observers === undefined ? work() : observers.watch({ name }, work);
}
