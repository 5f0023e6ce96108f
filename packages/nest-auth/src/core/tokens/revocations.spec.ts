import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Revocations } from './revocations.js';

const LIFETIME = 905;

function setUp() {
  const time = { now: 1_900_000_000 };
  const revocations = new Revocations(LIFETIME, () => time.now * 1000);
  return { time, revocations };
}

describe('revocations', () => {
  test('end one session and no other', () => {
    const { time, revocations } = setUp();
    revocations.addSession('s1');
    expect(revocations.has('s1', 'u1', time.now)).toBe(true);
    expect(revocations.has('s2', 'u1', time.now)).toBe(false);
  });

  test('end all earlier tokens of a user, and none of anybody else', () => {
    const { time, revocations } = setUp();
    revocations.addUser('u1');
    expect(revocations.has('s1', 'u1', time.now - 1)).toBe(true);
    expect(revocations.has('s1', 'u2', time.now - 1)).toBe(false);
  });

  test('let a user log in again in the very second in which all was ended', () => {
    const { time, revocations } = setUp();
    time.now += 0.9;
    revocations.addUser('u1');
    expect(revocations.has('new', 'u1', Math.floor(time.now))).toBe(false);
  });

  test('spare the session that asked for it', () => {
    const { time, revocations } = setUp();
    revocations.addUser('u1', 'mine');
    expect(revocations.has('mine', 'u1', time.now - 1)).toBe(false);
    expect(revocations.has('other', 'u1', time.now - 1)).toBe(true);
  });

  test('outlive every token that they could matter to, whatever else happens meanwhile', () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: LIFETIME }), { maxLength: 5 }),
        fc.integer({ min: 0, max: LIFETIME }),
        fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 5, maxLength: 20 }),
        (before, pause, after) => {
          const { time, revocations } = setUp();
          for (const step of before) {
            time.now += step;
            revocations.addSession(`before ${time.now}`);
          }
          time.now += pause;
          const end = time.now;
          const issuedAt = end - 1;
          revocations.addSession('s1');
          revocations.addUser('u2');
          for (const step of after) {
            if (time.now + step >= end + LIFETIME) break;
            time.now += step;
            revocations.addUser(`after ${time.now}`);
          }
          time.now = end + LIFETIME - 1;
          expect([revocations.has('s1', 'u1', issuedAt), revocations.has('s9', 'u2', issuedAt)]).toEqual([true, true]);
        },
      ),
    ));

  test('are forgotten once no token is that old, so that memory does not grow', () => {
    const { time, revocations } = setUp();
    const { now } = time;
    revocations.addSession('s1');
    for (let turn = 0; turn < 2; turn++) {
      time.now += LIFETIME;
      revocations.addSession(`later ${turn}`);
    }
    expect(revocations.has('s1', 'u1', now - 1)).toBe(false);
  });
});

test('tells of every session that ends, wherever the news came from', () => {
  const ended: string[] = [];
  const revocations = new Revocations(
    60,
    () => 0,
    (sessionId) => ended.push(sessionId),
  );
  revocations.addSession('a');
  revocations.addUser('nobody');
  revocations.addSession('b');
  expect(ended).toEqual(['a', 'b']);
});
