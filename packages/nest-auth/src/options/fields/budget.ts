import type { Duration } from '../../core/time.js';
import { record } from './composites.js';
import type { FieldOf, Spec } from './field.js';
import { duration, integer } from './numbers.js';

/** `points` attempts within `duration` (`'15m'`, or seconds). */
export interface Budget {
  readonly points: number;
  readonly duration: Duration;
}

const MEMBERS = {
  points: integer({ required: true, min: 1, max: 1_000_000 }),
  // A timer can wait for at most 24.8 days, and counters in memory have a timer for each key.
  duration: duration({ required: true, min: '1s', max: '14d' }),
};

/** A limit of attempts within a duration. */
export function budget<const S extends Spec<Budget>>(
  spec: S,
): FieldOf<S, Budget, { readonly points: number; readonly duration: number }> {
  return record(MEMBERS, { ...spec, type: 'Budget' }) as never;
}
