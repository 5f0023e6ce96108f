import { expect, test } from '@jest/globals';
import { summaryOf } from './sink-error.js';

test.each([
  ['42P01', 'DatabaseError 42P01: its table is missing; make it with auditTable()'],
  ['ER_NO_SUCH_TABLE', 'DatabaseError ER_NO_SUCH_TABLE: its table is missing; make it with auditTable()'],
  ['57P03', 'DatabaseError 57P03'],
])('an error of a sink with the code %s is %j, without its message', (code, expected) => {
  const error = Object.assign(new Error('INSERT … ann@example.org'), { name: 'DatabaseError', code });
  expect(summaryOf(error)).toBe(expected);
});

test.each([null, 'text', { name: 'a name with spaces', code: 'a code; DROP TABLE' }])('%p is an Error', (error) => {
  expect(summaryOf(error)).toBe('Error');
});
