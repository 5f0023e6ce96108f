import { type Duration, seconds } from '../../core/time.js';
import { kindOf } from '../value-kind.js';
import { type Field, type FieldOf, field, type Spec } from './field.js';

interface Range<T> extends Spec<T> {
  readonly min: T;
  readonly max: T;
}

/** `'15m'` or a number of seconds; settings contain seconds. */
export function duration<const S extends Range<Duration>>(spec: S): FieldOf<S, Duration, number> {
  const [least, most] = [seconds(spec.min), seconds(spec.max)];
  const remedy = `write '${spec.default ?? spec.max}' or a number of seconds`;
  return field(spec, {
    type: 'Duration',
    range: `${spec.min} to ${spec.max}`,
    remedy,
    read(at, given, found) {
      if ((typeof given !== 'string' && typeof given !== 'number') || given === '')
        return found.add(at, `is ${kindOf(given)}; ${remedy}`);
      try {
        const value = seconds(given);
        if (value >= least && value <= most) return value;
        found.add(at, `is ${value} seconds; it must be ${least} to ${most}`);
      } catch (error) {
        found.add(at, (error as RangeError).message);
      }
    },
  });
}

/** A whole number. */
export function integer<const S extends Range<number>>(spec: S): FieldOf<S, number> {
  const { min, max } = spec;
  const remedy = `write a number from ${min} to ${max}`;
  return field(spec, {
    type: 'number',
    range: `${min} to ${max}`,
    remedy,
    read(at, given, found) {
      if (typeof given !== 'number') return found.add(at, `is ${kindOf(given)}; ${remedy}`);
      if (Number.isInteger(given) && given >= min && given <= max) return given;
      found.add(at, `is ${given}; it must be ${min} to ${max}`);
    },
  });
}

/** A field that `false` turns off. */
export function orFalse<Given, Read>({ about, members, read }: Field<Given, Read>): Field<Given | false, Read | false> {
  return {
    about: { ...about, type: `${about.type} | false` },
    ...(members ? { members } : {}),
    read(at, given, found) {
      if (given === false) return false;
      if (given !== true) return read(at, given, found);
      found.add(at, 'is true; leave it out for the default, or write false');
      return false;
    },
  };
}
