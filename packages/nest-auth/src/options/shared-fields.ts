import type { Principal } from '../core/policy/principal.js';
import type { Clock } from '../core/time.js';
import { typed } from './fields/field.js';
import { callback } from './fields/values.js';

/** Options of every mode. */
export const CLOCK = callback({
  type: typed<Clock>('Clock'),
  remedy: 'write a function that returns milliseconds, such as Date.now',
  // Read at boot, because a test may have replaced it by then.
  make: () => Date.now,
  shown: '`Date.now`',
  doc: 'The time in milliseconds, for tests that move it.',
});

export const REQUEST_USER = callback({
  type: typed<(caller: Principal) => object>('(caller: Principal) => object'),
  remedy: 'write (caller) => ({ userId: caller.id })',
  shown: 'the `Principal`',
  doc: "Makes `request.user` for code that expects another shape: `(caller) => ({ userId: caller.id })`. It must return an object, not a promise. `@CurrentUser()` still gives the `Principal`. For HTTP and GraphQL; the users of the app's own Passport strategies stay as they are.",
});
