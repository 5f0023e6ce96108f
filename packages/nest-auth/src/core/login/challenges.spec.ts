import { beforeEach, expect, test } from '@jest/globals';
import { MemoryEphemeralStore } from '../../memory/ephemeral-store.js';
import type { AuthUser } from '../../ports/user-store.js';
import { type AuthEvent, AuthEvents } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import { AttemptLimit } from '../limits/attempt-limit.js';
import { OneTimeTokens } from '../one-time/one-time-token.js';
import { Questions } from '../one-time/questions.js';
import { Challenges } from './challenges.js';

const START = Date.parse('2026-01-01T00:00:00Z');
const LOGIN = { passed: ['captcha'], methods: ['pwd'], remember: false, actorId: null };

let now: number;
let user: AuthUser | null;
let challenges: Challenges;
let seen: AuthEvent[];

const wide = { points: 1000, duration: 900 };

beforeEach(() => {
  now = START;
  seen = [];
  const events = new AuthEvents(
    () => now,
    () => {},
  );
  events.subscribe((event) => seen.push(event));
  const limit = new AttemptLimit({
    ...{ account: { points: 10, duration: 900 }, address: wide, logins: wide, prefix56: wide, prefix48: wide },
    ...{ timeout: 1000, secret: Buffer.alloc(32, 7), events },
  });
  user = { id: '7', login: 'ada@example.org', passwordHash: 'hash', roles: [] };
  const clock = () => now;
  const users = { findById: async () => user };
  const tokens = new OneTimeTokens(new MemoryEphemeralStore({ clock }), users, Buffer.alloc(32, 7));
  challenges = new Challenges(new Questions(tokens, clock), tokens, users, limit);
});

const issue = async () => (await challenges.issue('pin', user as AuthUser, LOGIN)).challenge_token;
const answer = (token: string, verdict: unknown, feature = 'pin') =>
  challenges.answer(feature, token, async () => verdict as boolean);
const codeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'in',
    (error: { readonly code: string }) => error.code,
  );

test('the right answer gets the user and the login, with the feature among those that were passed, once', async () => {
  const token = await issue();
  const login = { ...LOGIN, passed: ['captcha', 'pin'] };
  expect(await answer(token, true)).toEqual({ user, login });
  expect(await codeOf(answer(token, true))).toBe('invalid_challenge');
});

test.each([{ valid: false }, 'false', 1, [], undefined, null])(
  'only `true` is a right answer: %j is a wrong one',
  async (verdict) => {
    expect(await codeOf(answer(await issue(), verdict))).toBe('wrong_answer');
  },
);

test('of 50 wrong answers five are checked, in parallel and one after another', async () => {
  const token = await issue();
  const parallel = await Promise.all(Array.from({ length: 50 }, () => codeOf(answer(token, false))));
  const later: string[] = [];
  for (let n = 0; n < 50; n++) later.push(await codeOf(answer(token, false)));
  expect([...parallel, ...later].filter((code) => code === 'wrong_answer')).toHaveLength(5);
  expect(await codeOf(answer(token, true))).toBe('invalid_challenge');
});

test('a token does not work for another feature, whose attempt does not use it up', async () => {
  const token = await issue();
  expect(await codeOf(answer(token, true, 'totp'))).toBe('invalid_challenge');
  expect(await codeOf(answer(token, true))).toBe('in');
});

test('a wrong answer does not extend the five minutes', async () => {
  const token = await issue();
  now += 299_000;
  expect(await codeOf(answer(token, false))).toBe('wrong_answer');
  now += 1_000;
  expect(await codeOf(answer(token, true))).toBe('invalid_challenge');
});

test.each<[string, Partial<AuthUser> | null]>([
  ['whose password was changed', { passwordHash: 'another' }],
  ['whose login was changed', { login: 'eve@example.org' }],
  ['who is disabled', { disabledAt: new Date(START) }],
  ['who is gone', null],
])('a user %s cannot complete a login', async (_, changes) => {
  const token = await issue();
  user = changes && { ...(user as AuthUser), ...changes };
  expect(await codeOf(answer(token, true))).toBe('invalid_challenge');
});

test('new challenges give no new guesses: one account has the budget of `throttle.account`', async () => {
  const codes: string[] = [];
  for (let n = 0; n < 15; n++) codes.push(await codeOf(answer(await issue(), false)));
  expect(codes).toEqual([...Array(10).fill('wrong_answer'), ...Array(5).fill('too_many_attempts')]);
  expect(seen.map(({ type }) => type)).toEqual(Array(5).fill('throttled'));
  expect(await codeOf(answer(await issue(), true))).toBe('too_many_attempts');
  user = { id: '8', login: 'bob@example.org', passwordHash: 'hash', roles: [] };
  expect(await codeOf(answer(await issue(), true))).toBe('in');
});

test('the right answer gives its guess back', async () => {
  for (let n = 0; n < 30; n++) expect(await codeOf(answer(await issue(), true))).toBe('in');
});

test('an answer that could not be checked leaves the challenge unchanged', async () => {
  const token = await issue();
  const down = new AuthError('store_unavailable');
  const failing = challenges.answer('pin', token, () => Promise.reject(down));
  await expect(failing).rejects.toBe(down);
  expect(await codeOf(answer(token, true))).toBe('in');
});
