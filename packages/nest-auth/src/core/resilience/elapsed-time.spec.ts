import { describe, expect, test } from '@jest/globals';
import { ElapsedTime, NEVER } from './elapsed-time.js';

const LIMIT = 3000;

/** Whether a moment is within the limit after both clocks moved. */
function afterwards(wall: number, steady: number): boolean {
  const clocks = { wall: 1_900_000_000_000, steady: 5000 };
  const elapsed = new ElapsedTime({ wall: () => clocks.wall, steady: () => clocks.steady });
  const then = elapsed.now();
  clocks.wall += wall;
  clocks.steady += steady;
  return elapsed.isWithin(LIMIT, then);
}

describe('an age', () => {
  test.each([
    ['nothing happened', 0, 0, true],
    ['just within the limit', LIMIT, LIMIT, true],
    ['just beyond it', LIMIT + 1, LIMIT + 1, false],
    ['the process was stopped: both clocks ran on', 4000, 4000, false],
    ['the virtual machine was suspended: only the wall clock ran on', 4000, 1, false],
    ['the wall clock was set back an hour while the process was stopped', -3_600_000, 4000, false],
    ['the wall clock was set back so that the time looks short', 500, 4000, false],
    ['the wall clock was set back a little', -1, 10, false],
    ['the wall clock was set forward an hour', 3_600_000, 10, false],
  ])('%s', (_, wall, steady, isWithin) => {
    expect(afterwards(wall, steady)).toBe(isWithin);
  });

  test('of what never happened is beyond every limit', () => {
    expect(new ElapsedTime().isWithin(Number.MAX_VALUE, NEVER)).toBe(false);
  });

  test('is that of the process, if nothing else is said', () => {
    const elapsed = new ElapsedTime();
    expect(elapsed.isWithin(60_000, elapsed.now())).toBe(true);
  });

  test('takes a reading of the wall clock that the caller has', () => {
    const elapsed = new ElapsedTime({ wall: () => Number.NaN, steady: () => 0 });
    expect(elapsed.isWithin(LIMIT, { wall: 1000, steady: 0 }, 4000)).toBe(true);
    expect(elapsed.isWithin(LIMIT, { wall: 1000, steady: 0 }, 4001)).toBe(false);
  });
});

test('a jump is what one clock did and the other did not', () => {
  const elapsed = new ElapsedTime();
  const from = { wall: 1000, steady: 0 };
  expect(elapsed.jump(from, { wall: 11_000, steady: 10_000 })).toBe(0);
  expect(elapsed.jump(from, { wall: 11_000, steady: 1 })).toBe(9999);
  expect(elapsed.jump(from, { wall: 0, steady: 1 })).toBe(1001);
});
