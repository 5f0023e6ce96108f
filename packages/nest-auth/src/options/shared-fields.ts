import type { Clock } from '../core/time.js';
import { typed } from './fields/field.js';
import { callback } from './fields/values.js';

/** Options of every mode. */
export const CLOCK = callback({
  type: typed<Clock>('Clock'),
  remedy: 'write a function that answers with milliseconds, such as Date.now',
  // At boot: a test may have replaced it by then.
  make: () => Date.now,
  shown: '`Date.now`',
  doc: 'The time in milliseconds, for tests that move it.',
});
