import { beforeEach, describe, expect, test } from '@jest/globals';
import { type AuthEvent, AuthEvents, UNKNOWN_DEVICE } from './auth-event.js';

const LOGGED_OUT = { userId: 'u', sessionId: 's', device: UNKNOWN_DEVICE };

let reported: unknown[];
let events: AuthEvents;

beforeEach(() => {
  reported = [];
  events = new AuthEvents(
    () => 1_000,
    (error) => reported.push(error),
  );
});

describe('auth events', () => {
  test('carry their type and the time of the clock that was passed in', () => {
    const seen: AuthEvent[] = [];
    events.subscribe((event) => seen.push(event));
    events.emit('logged_out', LOGGED_OUT);
    expect(seen).toEqual([{ type: 'logged_out', at: new Date(1_000), ...LOGGED_OUT }]);
  });

  test('reach `on` by type, until it unsubscribes', () => {
    const seen: string[] = [];
    const subscription = events.on('logged_out', ({ userId }) => seen.push(userId));
    events.emit('password_changed', { userId: 'other', device: { ip: null, userAgent: null } });
    events.emit('logged_out', LOGGED_OUT);
    subscription.unsubscribe();
    events.emit('logged_out', LOGGED_OUT);
    expect(seen).toEqual(['u']);
  });

  const failure = new Error('the alert service is down');
  const fail = () => {
    throw failure;
  };
  test.each<[string, (events: AuthEvents) => unknown]>([
    ['a function', (given) => given.subscribe(fail)],
    ['an observer', (given) => given.subscribe({ next: fail })],
    ['`on`', (given) => given.on('logged_out', fail)],
    ['an async function', (given) => given.subscribe(async () => fail())],
    ['async `on`', (given) => given.on('logged_out', async () => fail())],
  ])(
    'a subscriber that throws, as %s, is reported and harms nobody: not the act, not the others, not itself',
    async (_, add) => {
      const others: string[] = [];
      events.subscribe(({ type }) => others.push(type));
      add(events);
      events.on('logged_out', () => others.push('on'));
      expect(() => events.emit('logged_out', LOGGED_OUT)).not.toThrow();
      events.emit('logged_out', LOGGED_OUT);
      // RxJS would rethrow from a timer: wait for one.
      await new Promise((resolve) => setTimeout(resolve, 0));
      expect(others).toEqual(['logged_out', 'on', 'logged_out', 'on']);
      expect(reported).toEqual([failure, failure]);
    },
  );

  test('a subscriber without a handler causes no error', () => {
    expect(() => {
      events.subscribe();
      events.subscribe(null);
      events.subscribe({});
      events.emit('logged_out', LOGGED_OUT);
    }).not.toThrow();
    expect(reported).toEqual([]);
  });
});
