import { describe, expect, test } from '@jest/globals';
import { isSameLogin } from './same-login.js';

describe('the same login', () => {
  test.each(['ann@example.org', 'Ann@Example.org', 'ann@example.org ', 'ＡＮＮ@example.org'])('%j is', (stored) => {
    expect(isSameLogin(stored, 'ann@example.org')).toBe(true);
  });

  test.each(['änn@example.org', 'аnn@example.org', 'ann@example.org\0', '', null, undefined, 7, ['ann@example.org']])(
    '%j is not',
    (stored) => {
      expect(isSameLogin(stored, 'ann@example.org')).toBe(false);
    },
  );
});
