import { describe, expect, test } from '@jest/globals';
import type { Duration } from '../time.js';
import type { Principal } from './principal.js';
import { type RecentLoginOptions, recentLogin } from './recent-login.js';

const NOW = 1_900_000_000;
const TOLERANCE = 5;

/** @param age of the login, in seconds */
const judged = (age: number, methods: readonly string[] = ['pwd'], options?: RecentLoginOptions) => {
  const caller = { authenticatedAt: NOW - age, methods } as Principal;
  return recentLogin('5m', options).refusal(caller, { now: NOW, tolerance: TOLERANCE });
};

describe('a recent login', () => {
  test.each([0, 299, 300, 300 + TOLERANCE, -TOLERANCE])('%i seconds old is recent enough for 5 minutes', (age) => {
    expect(judged(age)).toBeUndefined();
  });

  test.each([300 + TOLERANCE + 1, NOW])('%i seconds old is not recent enough for 5 minutes', (age) => {
    expect(judged(age)).toMatchObject({
      code: 'insufficient_user_authentication',
      maxAge: 300,
      message: 'Prove again who you are: this needs a login of the last 300 seconds.',
    });
  });

  test('in the future is not recent: it would stay recent for ever', () => {
    expect(judged(-TOLERANCE - 1)?.code).toBe('insufficient_user_authentication');
    expect(judged(-NOW)?.code).toBe('insufficient_user_authentication');
  });

  test.each([undefined, null, Number.NaN, Number.POSITIVE_INFINITY, `${NOW}`, {}, [NOW], true])(
    'at %j is no login at all',
    (time) => {
      const caller = { authenticatedAt: time, methods: ['pwd'] } as unknown as Principal;
      const refusal = recentLogin('5m').refusal(caller, { now: NOW, tolerance: TOLERANCE });
      expect(refusal?.code).toBe('insufficient_user_authentication');
    },
  );

  test('needs every method that is named, and says which', () => {
    const options = { methods: ['otp', 'mfa'] };
    expect(judged(0, ['pwd', 'otp', 'mfa'], options)).toBeUndefined();
    expect(judged(0, ['pwd', 'otp'], options)?.message).toMatch(/by otp and mfa\.$/);
    expect(judged(301 + TOLERANCE, ['pwd', 'otp', 'mfa'], options)?.code).toBe('insufficient_user_authentication');
    for (const methods of ['mfa otp', undefined, null, { 0: 'otp', 1: 'mfa' }])
      expect(judged(0, methods as never, options)?.code).toBe('insufficient_user_authentication');
  });

  test('is named for lists of policies, and one of a handler replaces one of its class', () => {
    const { kind, name } = recentLogin(600, { methods: ['mfa'] });
    expect([kind, name]).toEqual(['recent-login', 'a login of the last 600 seconds by mfa']);
    expect(recentLogin('1m').kind).toBe(kind);
  });

  test.each<[unknown, RegExp]>([
    ['5x', /The age of @RequireRecent\(\) is '5x'; write a number and a unit/],
    ['', /is ''/],
    ['300', /is '300'/],
    [0, /is 0, which no login meets/],
    ['0s', /is 0, which no login meets/],
    [-1, /is -1/],
    [0.5, /is 0.5/],
    [300_000, /looks like milliseconds/],
    [Number.NaN, /is NaN/],
    [undefined, /is undefined/],
  ])('of an age of %j fails while the app is loaded', (age, message) => {
    expect(() => recentLogin(age as Duration)).toThrow(message);
    expect(() => recentLogin(age as Duration)).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
  });

  test.each([['mfa'], [['MFA']], [['pwd,mfa']], [[1]], [null], [{ 0: 'mfa', length: 1 }]])(
    'with %j for methods fails while the app is loaded',
    (methods) => {
      expect(() => recentLogin('5m', { methods: methods as never })).toThrow(/methods of @RequireRecent/);
    },
  );
});
