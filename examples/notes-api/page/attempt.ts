import { failureOf } from './failure.js';
import { tell } from './outcome.js';
import type { Visit } from './view.js';

/** Runs the action of a button. If it fails, the user is told, and the view stays. @returns whether it succeeded */
export async function attempt(visit: Visit, action: () => Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (visit.signal.aborted || visit.isOver(error)) return false;
    const { text, wait } = failureOf(error);
    tell(wait === undefined ? text : `${text} Try again in ${wait} seconds.`);
    return false;
  }
}
