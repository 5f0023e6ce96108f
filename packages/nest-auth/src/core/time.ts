import ms from 'ms';
import { token } from './token.js';

/** The current time in milliseconds since the epoch. Always passed as a parameter, so that tests can move it. */
export type Clock = () => number;

/** Injection token of the module's clock (option `clock`). */
export const Clock = token<Clock>('Clock');

/** `'15m'`, `'30d'`, `'2 days'`, or a number of **seconds**. */
export type Duration = string | number;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Reads a duration as whole seconds.
 * @throws RangeError saying what is wrong with it and what to write instead.
 */
export function seconds(duration: Duration): number {
  if (typeof duration === 'number') return fromNumber(duration);
  if (typeof duration !== 'string') throw new RangeError(`is ${typeof duration}; write '15m' or a number of seconds`);
  // Without a unit, `ms` would read the string as milliseconds.
  const milliseconds = /^\d+(\.\d+)? ?[a-z]+$/i.test(duration) ? ms(duration as ms.StringValue) : undefined;
  if (milliseconds === undefined || !Number.isFinite(milliseconds)) {
    throw new RangeError(`is '${duration}'; write a number and a unit, such as '15m', '12h' or '30d'`);
  }
  const whole = milliseconds / 1000;
  if (!Number.isInteger(whole)) throw new RangeError(`is '${duration}'; it must be whole seconds`);
  return whole;
}

function fromNumber(value: number): number {
  if (!Number.isInteger(value) || value < 0) {
    throw new RangeError(`is ${value}; a number must be whole seconds, 0 or more`);
  }
  if (looksLikeMilliseconds(value)) {
    throw new RangeError(`is ${value} seconds, which looks like milliseconds; did you mean ${value / 1000}?`);
  }
  return value;
}

/**
 * Whether a number of seconds was probably meant as milliseconds: a multiple of 1,000 that is not a whole number of
 * hours (of days, from one day on), because nobody means 16.67 hours; or a multiple of 3,600,000, because 10,800,000 is
 * 3 hours in milliseconds, and hardly 125 days.
 */
function looksLikeMilliseconds(value: number): boolean {
  if (value < 10_000 || value % 1000 !== 0) return false;
  if (value % (1000 * HOUR) === 0) return true;
  return value % (value < DAY ? HOUR : DAY) !== 0;
}
