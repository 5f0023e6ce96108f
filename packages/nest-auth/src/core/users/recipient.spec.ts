import { describe, expect, test } from '@jest/globals';
import type { AuthUser } from '../../ports/user-store.js';
import { recipientOf } from './recipient.js';

const TO = 'ann@example.org';
const ann = { id: '1', login: TO, passwordHash: null, roles: [] };
const localeOf = (locale: unknown) => recipientOf({ ...ann, locale } as AuthUser, TO).locale;

describe('the language of a mail', () => {
  test.each([
    ['de', 'de'],
    ['de-AT', 'de-AT'],
    ['DE-at', 'de-AT'],
    ['zh-Hant-TW', 'zh-Hant-TW'],
  ])('%j of a user is %s', (given, expected) => {
    expect(localeOf(given)).toBe(expected);
  });

  test.each([undefined, null, '', 'German!', 'de_DE', '../../etc', 7, ['de'], { toString: () => 'de' }])(
    'is not named if the user has %p, and the mail goes out',
    (given) => {
      expect(recipientOf({ ...ann, locale: given } as AuthUser, TO)).toEqual({ to: TO });
    },
  );

  test('is not named if reading it throws, and the mail goes out', () => {
    const user = Object.defineProperty({ ...ann }, 'locale', {
      get: () => {
        throw new Error('not loaded');
      },
    });
    expect(recipientOf(user, TO)).toEqual({ to: TO });
  });

  test('is unknown for an address without an account', () => {
    expect(recipientOf(null, TO)).toEqual({ to: TO });
  });
});
