import { expect, test } from '@jest/globals';
import { fromCookie, keep } from '../core/login/login-answer.js';
import { areRenamed, renamed } from './token-fields.js';

const OURS = {
  access_token: 'access_token',
  refresh_token: 'refresh_token',
  token_type: 'token_type',
  expires_in: 'expires_in',
};
const FIELDS = { ...OURS, access_token: 'accessToken', refresh_token: 'refreshToken' };
const tokens = { access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 900 } as const;

test('the fields of an answer with tokens are renamed, other answers are not', () => {
  const answer = { accessToken: 'a', refreshToken: 'r', token_type: 'Bearer', expires_in: 900, first: true };
  expect(renamed({ ...tokens, first: true }, FIELDS)).toEqual(answer);
  for (const other of [null, 'text', { challenge: 'pin', expires_in: 300 }, { access_token: 1 }])
    expect(renamed(other, FIELDS)).toBe(other);
  expect([areRenamed(OURS), areRenamed(FIELDS)]).toEqual([false, true]);
});

test('tokens that must not be sent in a body are not renamed, so sending them still fails', () => {
  const session = fromCookie({ remember: true, endsAt: new Date(0) });
  expect(() => JSON.stringify(renamed(keep({ ...tokens }, session), FIELDS))).toThrow('TokenAnswers');
});
