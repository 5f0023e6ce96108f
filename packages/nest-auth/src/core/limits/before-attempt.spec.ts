import { describe, expect, jest, test } from '@jest/globals';
import { AuthEvents, type Device } from '../auth-event.js';
import { rememberCall } from '../call.js';
import { AuthError } from '../errors/auth-error.js';
import { attemptCheck, type BeforeAttempt } from './before-attempt.js';

const HOME: Device = { ip: '192.0.2.1', userAgent: null };
const SECRET = 'proof-0123456789';

function checkBy(ask: BeforeAttempt, timeout = 50) {
  const emitted: object[] = [];
  const events = new AuthEvents(Date.now, () => {});
  events.subscribe((event) => emitted.push(event));
  return { check: attemptCheck(ask, timeout, events), emitted };
}

/** The outcome of the check if the app answers with `ask`. */
async function outcomeOf(ask: () => unknown) {
  const { check, emitted } = checkBy(ask as BeforeAttempt);
  const error = await check('login', HOME).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, emitted };
}

test('the app is told the action, and the request that the device came with', async () => {
  const ask = jest.fn<BeforeAttempt>();
  const { check } = checkBy(ask);
  const device = { ...HOME };
  const request = { headers: { 'x-proof': 'right' } };
  rememberCall(device, { request, client: { isGone: false, onGone: () => () => {} } });
  await check('login', device);
  await check('register', HOME);
  expect(ask.mock.calls).toEqual([[{ action: 'login', request }], [{ action: 'register', request: undefined }]]);
});

test.each<[string, () => unknown]>([
  ['nothing', () => undefined],
  ['a promise of nothing', async () => {}],
  ['true', () => true],
])('an answer of %s lets the attempt pass', async (_, ask) => {
  expect(await outcomeOf(ask)).toEqual({ error: undefined, emitted: [] });
});

test('an answer of false refuses, with an event', async () => {
  const { error, emitted } = await outcomeOf(async () => false);
  expect(error).toMatchObject({ code: 'attempt_refused' });
  expect(emitted).toEqual([{ type: 'attempt_refused', action: 'login', device: HOME, at: expect.any(Date) }]);
});

test.each<[string, unknown]>([
  ['null', null],
  ['0', 0],
  ['an empty string', ''],
  ['a string', 'ok'],
  ['what a captcha library answers with', { success: false }],
  ['the same, passed', { success: true }],
])('%s is no answer: it refuses, and tells the team what to return', async (_, answer) => {
  const { error, emitted } = await outcomeOf(async () => answer);
  expect(error).toMatchObject({ code: 'contract_broken' });
  expect((error as Error).message).toMatch(/^beforeAttempt answered with .*return nothing .* or false to refuse it\.$/);
  expect(emitted).toEqual([]);
});

test('an AuthError and an HTTP exception of the app are thrown unchanged', async () => {
  const ofNest = Object.assign(new Error('robot'), { getStatus: () => 418, getResponse: () => 'no coffee' });
  for (const refusal of [new AuthError('attempt_refused', { message: 'Solve the captcha.' }), ofNest]) {
    const { error, emitted } = await outcomeOf(async () => Promise.reject(refusal));
    expect(error).toBe(refusal);
    expect(emitted).toHaveLength(1);
  }
  const failure = new AuthError('store_unavailable');
  expect(await outcomeOf(async () => Promise.reject(failure))).toEqual({ error: failure, emitted: [] });
});

describe('a failure is a 503 and never lets the attempt pass', () => {
  const failures: [string, () => unknown][] = [
    ['an error', () => Promise.reject(new Error(SECRET))],
    ['a throw', () => thrown(new Error(SECRET))],
    ['a page instead of JSON', async () => JSON.parse(`<html>${SECRET}`)],
    ['a failed fetch', () => Promise.reject(new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') }))],
    ['a string', () => Promise.reject('down')],
    ['nothing', () => Promise.reject(undefined)],
    ['silence', () => new Promise(() => {})],
  ];

  test.each(failures)('%s', async (_, ask) => {
    const { error, emitted } = await outcomeOf(ask);
    expect(error).toMatchObject({ code: 'store_unavailable', retryAfter: 1 });
    const { message, cause } = error as Error;
    expect(message + (cause as Error).message).not.toContain(SECRET);
    expect((cause as Error).message).toContain('AuthOptions.beforeAttempt');
    expect(emitted).toEqual([]);
  });

  test('and no timer stays behind', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    try {
      await checkBy(async () => {}, 1000).check('login', HOME);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});

function thrown(error: Error): never {
  throw error;
}
