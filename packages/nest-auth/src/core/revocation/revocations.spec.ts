import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Revocations } from './revocations.js';

const LIFETIME = 910;

function setUp() {
  const time = { now: 1_900_000_000 };
  const revocations = new Revocations(LIFETIME, () => time.now * 1000);
  return { time, revocations };
}

describe('revocations', () => {
  test('end one session and no other', () => {
    const { revocations } = setUp();
    revocations.addSession('s1');
    expect(revocations.hasSession('s1')).toBe(true);
    expect(revocations.hasSession('s2')).toBe(false);
  });

  test('make the tokens of a user doubtful, and of nobody else', () => {
    const { revocations } = setUp();
    revocations.addUser('u1', 'tombstone');
    expect(revocations.hasUser('u1')).toBe(true);
    expect(revocations.hasUser('u2')).toBe(false);
  });

  test('count new entries, and not repeated ones', () => {
    const { revocations } = setUp();
    for (let poll = 0; poll < 3; poll++) {
      revocations.addSession('s1');
      revocations.addUser('u1', 'first');
      expect(revocations.added).toBe(2);
    }
    // Tokens that were cleared after the first tombstone must be checked again.
    revocations.addUser('u1', 'second');
    expect(revocations.added).toBe(3);
  });

  test('outlive every token that they concern, whatever happens meanwhile', () =>
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
          revocations.addSession('s1');
          revocations.addUser('u2', 'tombstone');
          for (const step of after) {
            if (time.now + step >= end + LIFETIME) break;
            time.now += step;
            revocations.addUser(`after ${time.now}`, `tombstone ${time.now}`);
            // A poll reports it again, which must not shorten its life.
            revocations.addSession('s1');
          }
          time.now = end + LIFETIME - 1;
          revocations.addSession('last');
          expect([revocations.hasSession('s1'), revocations.hasUser('u2')]).toEqual([true, true]);
        },
      ),
    ));

  test('are forgotten once no token is that old, so that memory does not grow', () => {
    const { time, revocations } = setUp();
    revocations.addSession('s1');
    revocations.addUser('u1', 'tombstone');
    for (let turn = 0; turn < 2; turn++) {
      time.now += LIFETIME;
      revocations.addSession(`later ${turn}`);
    }
    expect([revocations.hasSession('s1'), revocations.hasUser('u1')]).toEqual([false, false]);
  });
});

test('reports every session that ends once, from any source', () => {
  const ended: string[] = [];
  const revocations = new Revocations(
    60,
    () => 0,
    (sessionId) => ended.push(sessionId),
  );
  for (const session of ['a', 'b', 'a']) revocations.addSession(session);
  revocations.addUser('nobody', 'tombstone');
  expect(ended).toEqual(['a', 'b']);
});

describe('modules of one process', () => {
  const threeOf = (first: object, second: object) => {
    const all = [setUp().revocations, setUp().revocations, setUp().revocations] as const;
    all[0].join(first);
    all[1].join(first);
    all[2].join(second);
    return all;
  };

  test('learn at once of sessions that one of them ended, only if they share a session store', () => {
    const [customers, admins, strangers] = threeOf({}, {});
    admins.addSession('s1');
    customers.addUser('u1', 'tombstone');
    for (const one of [customers, admins])
      expect([one.hasSession('s1'), one.hasUser('u1'), one.added]).toEqual([true, true, 2]);
    expect([strangers.hasSession('s1'), strangers.hasUser('u1'), strangers.added]).toEqual([false, false, 0]);
  });

  test('share no more revocations once one has stopped', () => {
    const [customers, admins] = threeOf({}, {});
    admins.leave();
    customers.addSession('s1');
    admins.addSession('s2');
    expect([admins.hasSession('s1'), customers.hasSession('s2')]).toEqual([false, false]);
    expect([admins.hasSession('s2'), customers.hasSession('s1')]).toEqual([true, true]);
  });
});
