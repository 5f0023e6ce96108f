import { describe, expect, test } from '@jest/globals';
import { parseUserId, type UserIdColumn } from './user-id.js';

describe('the id of a token as a value of its column', () => {
  const int: UserIdColumn = { type: 'integer', bits: 32, as: 'number' };
  test.each<[string, UserIdColumn, unknown]>([
    ['7', int, 7],
    ['-2147483648', int, -2147483648],
    ['7', { type: 'integer', as: 'bigint' }, 7n],
    ['9223372036854775807', { type: 'integer', as: 'string' }, '9223372036854775807'],
    ['18446744073709551615', { type: 'integer', unsigned: true, as: 'bigint' }, 18446744073709551615n],
    ['x', { type: 'text' }, 'x'],
    ['6f1c9a0e-95a1-4b44-8f0a-0d2f6b1f3d11', { type: 'uuid' }, '6f1c9a0e-95a1-4b44-8f0a-0d2f6b1f3d11'],
  ])('%s in %j', (id, column, value) => expect(parseUserId(id, column)).toBe(value));

  test.each<[unknown, UserIdColumn]>([
    ['2147483648', int],
    ['007', int],
    ['1e3', int],
    ['+7', int],
    [' 7', int],
    ['', int],
    ['9007199254740993', { type: 'integer', as: 'number' }],
    ['-1', { type: 'integer', unsigned: true, as: 'bigint' }],
    ['9223372036854775808', { type: 'integer', as: 'string' }],
    ['x', { type: 'uuid' }],
    ['a\0', { type: 'text' }],
    [7, int],
    [['7'], int],
    [{ not: '' }, { type: 'text' }],
  ])('%p is none in %j', (id, column) => expect(parseUserId(id, column)).toBeUndefined());
});
