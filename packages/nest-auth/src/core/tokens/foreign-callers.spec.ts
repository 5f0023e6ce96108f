import { beforeEach, describe, expect, test } from '@jest/globals';
import { AuthError } from '../errors/auth-error.js';
import type { Principal } from '../policy/principal.js';
import { type RevocationSource, Revocations } from '../revocation/revocations.js';
import { ForeignCallers } from './foreign-callers.js';

const MAX_AGE = 900;
const CALLER = { id: 'ada', sessionId: 'old-of-ada' } as Principal;

let time: { now: number };
let asked: number;
let revocations: Revocations;
let source: { current: boolean } & RevocationSource;
let callers: ForeignCallers;
let isEnded: boolean;

function setUp(options: { readonly revocations?: Revocations | undefined } = { revocations }): ForeignCallers {
  return new ForeignCallers({
    ...options,
    maxAge: MAX_AGE,
    clock: () => time.now * 1000,
    hooks: [
      {},
      {
        foreignCaller: async (token) => {
          asked++;
          if (token !== 'known') return undefined;
          if (isEnded) throw new AuthError('token_revoked');
          return { caller: { ...CALLER }, until: (1_900_000_000 + 10_000) * 1000 };
        },
      },
    ],
  });
}

beforeEach(() => {
  [time, asked, isEnded] = [{ now: 1_900_000_000 }, 0, false];
  revocations = new Revocations(MAX_AGE, () => time.now * 1000);
  source = {
    current: true,
    isCurrent: () => source.current,
    catchUp: async () => {
      source.current = true;
    },
  };
  revocations.source = source;
  callers = setUp();
});

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'found',
    ({ code }: AuthError) => code,
  );

describe('a caller whom a feature knows', () => {
  test('is asked for at each request', async () => {
    for (let n = 1; n <= 3; n++) {
      expect(await callers.find('known')).toEqual(CALLER);
      expect(asked).toBe(n);
    }
  });

  test('is not asked for again while a connection of theirs is checked', async () => {
    const caller = await callers.find('known');
    for (let n = 0; n < 3; n++) expect(await callers.find('known', caller)).toBe(caller);
    expect(asked).toBe(1);
  });

  test('is asked for again when a token of the library would have expired', async () => {
    const caller = await callers.find('known');
    time.now += MAX_AGE - 1;
    expect(await callers.find('known', caller)).toBe(caller);
    time.now += 1;
    const again = await callers.find('known', caller);
    expect([again === caller, asked]).toEqual([false, 2]);
    expect(await callers.find('known', again)).toBe(again);
  });

  test('is asked for again once the token has ended: the feature says how', async () => {
    time.now += 9_990;
    const caller = await callers.find('known');
    time.now += 10;
    await callers.find('known', caller);
    expect(asked).toBe(2);
  });

  test('is asked for again when their session has ended, and not when another has', async () => {
    const caller = await callers.find('known');
    revocations.addSession('of somebody else');
    expect(await callers.find('known', caller)).toBe(caller);
    expect(asked).toBe(1);
    revocations.addSession(CALLER.sessionId);
    isEnded = true;
    expect(await codeOf(callers.find('known', caller))).toBe('token_revoked');
  });

  test('is asked for again when all rows of their sessions are gone', async () => {
    const caller = await callers.find('known');
    revocations.addUser(CALLER.id, 'tombstone');
    await callers.find('known', caller);
    expect(asked).toBe(2);
  });

  test('whose session ended while the feature was asked is asked for at the next check', async () => {
    const finding = callers.find('known');
    revocations.addSession(CALLER.sessionId);
    const caller = await finding;
    isEnded = true;
    expect(await codeOf(callers.find('known', caller))).toBe('token_revoked');
  });

  test('is not trusted on revocations that are not current', async () => {
    const caller = await callers.find('known');
    source.current = false;
    source.catchUp = () => Promise.reject(new AuthError('store_unavailable'));
    expect(await codeOf(callers.find('known', caller))).toBe('store_unavailable');
  });

  test.each(['without a source', 'without revocations'])('is asked for at each check %s', async (how) => {
    revocations.source = undefined;
    const alone = setUp(how === 'without revocations' ? {} : { revocations });
    const caller = await alone.find('known');
    await alone.find('known', caller);
    expect(asked).toBe(2);
  });

  test('is accepted for their own token only, and cannot be forged', async () => {
    const caller = await callers.find('known');
    expect(await codeOf(callers.find('another', caller))).toBe('invalid_token');
    expect(asked).toBe(2);
    await callers.find('known', { ...caller });
    expect(asked).toBe(3);
  });
});

test('a token that no feature knows is invalid', async () => {
  expect(await codeOf(callers.find('unknown'))).toBe('invalid_token');
  const none = new ForeignCallers({ maxAge: MAX_AGE, clock: Date.now });
  expect([callers.mayExist, none.mayExist]).toEqual([true, false]);
  expect(await codeOf(none.find('known'))).toBe('invalid_token');
});
