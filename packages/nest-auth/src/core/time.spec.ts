import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Duration, seconds } from './time.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a duration', () => {
  test.each<[Duration, number]>([
    ['15m', 15 * MINUTE],
    ['1h', HOUR],
    ['2 days', 2 * DAY],
    ['30d', 30 * DAY],
    ['1.5h', 90 * MINUTE],
    ['90 Seconds', 90],
    ['1w', 7 * DAY],
    ['2000ms', 2],
    ['0s', 0],
    [0, 0],
    [1, 1],
    [900, 15 * MINUTE],
    [9000, 2.5 * HOUR],
    [36_000, 10 * HOUR],
    [86_400, DAY],
    [30 * DAY, 30 * DAY],
    [90 * DAY, 90 * DAY],
    [400 * DAY, 400 * DAY],
  ])('%p is %i seconds', (duration, wanted) => {
    expect(seconds(duration)).toBe(wanted);
  });

  test.each([
    '',
    ' ',
    '5',
    '900',
    '15',
    '5 ',
    'm',
    '15 fortnights',
    '-5m',
    '1e3s',
    '5m5s',
    '１５m',
    'Infinity',
    'NaN',
    'toString',
    '9'.repeat(400).concat('d'),
  ])('%j is refused: without a number and a unit nobody knows what is meant', (duration) => {
    expect(() => seconds(duration)).toThrow(/write a number and a unit, such as '15m'/);
  });

  test.each(['0.5s', '1ms', '1500ms'])('%s is refused: tokens count whole seconds', (duration) => {
    expect(() => seconds(duration)).toThrow(RangeError);
    expect(() => seconds(duration)).toThrow(/must be whole seconds/);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5])('%p is refused', (duration) => {
    expect(() => seconds(duration)).toThrow(/must be whole seconds, 0 or more/);
  });

  test.each([null, undefined, true, {}, [], 5n])('%p is refused', (duration) => {
    expect(() => seconds(duration as never)).toThrow(/write '15m' or a number of seconds/);
  });

  test('in milliseconds is never taken for seconds: 15 minutes do not become 10 days', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 * 24 * 90 }), (count) => {
        const meant = count * 5 * MINUTE;
        expect(() => seconds(meant * 1000)).toThrow(`did you mean ${meant}?`);
      }),
    ));
});
