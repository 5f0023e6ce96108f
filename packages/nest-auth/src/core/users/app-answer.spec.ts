import { expect, test } from '@jest/globals';
import { readAppAnswer } from './app-answer.js';

const USER = { id: '1', login: 'ann', passwordHash: `$2b$12$${'x/"'.repeat(17)}`, roles: [] };
const read = (value: unknown) => readAppAnswer(value, USER, 'claims(user)');
const cycle: Record<string, unknown> = {};
cycle.self = cycle;

test.each([
  ['admin', 'a string'],
  [['admin'], 'an array'],
  [7, 'a number'],
  [Promise.resolve({}), 'a promise'],
])('%p is not a plain object, and is refused', (value, found) => {
  expect(() => read(value)).toThrow(
    expect.objectContaining({
      code: 'invalid_configuration',
      message: `claims(user) must answer with an object, and answered with ${found}.`,
    }) as never,
  );
});

test.each([[{ ...USER }], [{ user: USER }], [{ rows: [{ password: USER.passwordHash }] }]])(
  'one that shows the password hash is refused, however deep: %j',
  (value) => {
    expect(() => read(value)).toThrow(/^claims\(user\) shows the password hash\./);
  },
);

test.each([[{ size: 1n }], [cycle]])('a value that JSON cannot hold is refused: %p', (value) => {
  expect(() => read(value)).toThrow(/cannot be written as JSON: TypeError\.$/);
});

test('members are returned; a missing answer counts as no members', () => {
  expect(read({ tenant: 't', name: null })).toEqual({ tenant: 't', name: null });
  expect(read(undefined)).toEqual({});
  expect(read(null)).toEqual({});
});
