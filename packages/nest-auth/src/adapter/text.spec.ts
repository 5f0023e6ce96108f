import { describe, expect, test } from '@jest/globals';
import { isText } from './text.js';

describe('a text that may reach a query', () => {
  test.each(['', 'x', '🙂', "' OR 1=1 --"])('%j', (text) => expect(isText(text)).toBe(true));
  test.each(['a\0', 'a\ud800', null, undefined, 1, ['x'], new String('x')])('but not %j', (value) =>
    expect(isText(value)).toBe(false),
  );
});
