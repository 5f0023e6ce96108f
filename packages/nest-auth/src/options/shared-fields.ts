import type { Principal } from '../core/policy/principal.js';
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

export const REQUEST_USER = callback({
  type: typed<(caller: Principal) => object>('(caller: Principal) => object'),
  remedy: 'write (caller) => ({ userId: caller.id })',
  shown: 'the `Principal`',
  doc: "What `request.user` is, for code that was written for another app: `(caller) => ({ userId: caller.id })`. It answers at once, with an object. `@CurrentUser()` goes on giving the `Principal`. For HTTP and GraphQL; what a Passport strategy of the app's own answers with stays as it is.",
});
