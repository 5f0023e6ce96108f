import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, jest, test } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import fc from 'fast-check';
import { forge, hmac, type Json, open } from '../../../test/support/forge.js';
import type { AuthUser } from '../../ports/user-store.js';
import { AuthError } from '../errors/auth-error.js';
import { type Duration, seconds } from '../time.js';
import { Revocations } from './revocations.js';
import { isSigned, type SignatureCheck } from './signature.js';
import { TokenService, type TokenServiceOptions } from './token-service.js';

const SECRET = randomBytes(32).toString('base64url');
const TOLERANCE = 5;
const user: AuthUser = { id: 'u1', login: 'ann', passwordHash: null, roles: ['editor'] };

/** A service with a clock that moves, at a whole second, whose checks of signatures are counted. */
function setUp(options: Partial<TokenServiceOptions> = {}) {
  const time = { now: 1_900_000_000 };
  const clock = () => time.now * 1000;
  const check = jest.fn<SignatureCheck>(isSigned);
  const defaults = {
    keys: SECRET,
    ttl: 900,
    issuer: undefined,
    audience: [],
    clockTolerance: TOLERANCE,
    claims: undefined,
  };
  const rest = { clock, jws: new JwtService({}), isSigned: check, revocations: undefined, isLive: undefined };
  const tokens = new TokenService({ ...defaults, ...rest, ...options });
  return { time, clock, check, tokens, issue: async () => (await tokens.issue(user, 's1')).token };
}

/** A token is remembered when it was seen twice. */
async function untilRemembered(tokens: TokenService, token: string): Promise<void> {
  for (let use = 0; use < 2; use++) await tokens.verify(token);
}

const codeOf = (tokens: TokenService, token: string): Promise<string> =>
  tokens.verify(token).then(
    () => 'accepted',
    ({ code }) => code,
  );

describe('a token lives for exactly ttl seconds', () => {
  test.each<[Duration, number]>([
    ['15m', 900],
    ['1h', 3600],
    [900, 900],
    ['2 days', 172_800],
  ])('ttl %p', async (ttl, wanted) => {
    const { tokens } = setUp({ ttl: seconds(ttl) });
    const { token, expiresIn } = await tokens.issue(user, 's1');
    const { iat, exp } = open(token).payload as { iat: number; exp: number };
    expect([exp - iat, expiresIn]).toEqual([wanted, wanted]);
  });

  test('whatever the unit and the moment', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 48 }),
        fc.constantFrom(['s', 1], ['m', 60], ['h', 3600], ['d', 86_400]),
        fc.integer({ min: 1e12, max: 4e12 }),
        async (count, [unit, size], now) => {
          const { tokens } = setUp({ ttl: seconds(`${count}${unit}`), clock: () => now });
          const { token } = await tokens.issue(user, 's1');
          const { iat, exp } = open(token).payload as { iat: number; exp: number };
          expect([iat, exp]).toEqual([Math.floor(now / 1000), Math.floor(now / 1000) + count * Number(size)]);
          await expect(tokens.verify(token)).resolves.toMatchObject({ id: 'u1', sessionId: 's1' });
        },
      ),
      { numRuns: 50 },
    ));
});

describe('time is checked on every use, also of a token that is remembered', () => {
  test.each([
    [TOLERANCE, -1, 'accepted'],
    [TOLERANCE, 0, 'accepted'],
    [TOLERANCE, TOLERANCE - 1, 'accepted'],
    [TOLERANCE, TOLERANCE, 'token_expired'],
    [0, -1, 'accepted'],
    [0, 0, 'token_expired'],
  ])('with a tolerance of %i s, %i s after exp: %s', async (clockTolerance, after, wanted) => {
    const { time, tokens, issue, check } = setUp({ clockTolerance });
    const token = await issue();
    const fresh = await issue();
    await untilRemembered(tokens, token);
    check.mockClear();
    time.now += 900 + after;
    expect([await codeOf(tokens, token), await codeOf(tokens, fresh)]).toEqual([wanted, wanted]);
    expect(check).toHaveBeenCalledTimes(1);
  });

  test('a clock that was set back refuses tokens of the future', async () => {
    const { time, tokens, issue } = setUp();
    const token = await issue();
    await tokens.verify(token);
    time.now -= TOLERANCE;
    expect(await codeOf(tokens, token)).toBe('accepted');
    time.now -= 1;
    expect(await codeOf(tokens, token)).toBe('invalid_token');
  });

  test('a token that a longer ttl made ends with the ttl of today', async () => {
    const token = await setUp({ ttl: 86_400 }).issue();
    const { time, tokens } = setUp({ ttl: 900 });
    expect(await codeOf(tokens, token)).toBe('accepted');
    time.now += 900 + TOLERANCE;
    expect(await codeOf(tokens, token)).toBe('token_expired');
  });
});

describe('the checks do not lean on the signature: with any accepted, nothing else gets in', () => {
  const gullible: SignatureCheck = () => true;
  const refuses = async (change: (token: { header: Json; payload: Json }) => [object | string, object | string]) => {
    const { tokens } = setUp({ isSigned: gullible });
    const genuine = open((await tokens.issue(user, 's1')).token);
    expect(
      await codeOf(
        tokens,
        forge(genuine.header, genuine.payload, () => 'x'),
      ),
    ).toBe('accepted');
    expect(
      await codeOf(
        tokens,
        forge(...change(genuine), () => 'x'),
      ),
    ).toBe('invalid_token');
  };

  test.each<[string, unknown]>([
    ['alg', 'none'],
    ['typ', 'JWT'],
    ['typ', undefined],
    ['kid', 'other'],
    ['kid', '__proto__'],
    ['crit', []],
    ['b64', false],
    ['jwk', {}],
  ])('whatever the signature, a header with %s: %j is refused', (name, value) =>
    refuses(({ header, payload }) => [{ ...header, [name]: value }, payload]),
  );

  test.each<[string, unknown]>([
    ['exp', undefined],
    ['iat', undefined],
    ['nbf', 4e9],
    ['iss', 'somebody'],
    ['aud', 'somebody'],
    ['sub', { $ne: null }],
    ['sid', undefined],
    ['jti', ''],
    ['roles', 'admin'],
    ['permissions', 'all'],
  ])('whatever the signature, a token with the claim %s: %j is refused', (name, value) =>
    refuses(({ header, payload }) => [header, { ...payload, [name]: value }]),
  );

  test('whatever the signature, a token with a segment too few, too many or empty is refused', async () => {
    const { tokens, issue } = setUp({ isSigned: gullible });
    const [header, payload] = (await issue()).split('.');
    expect(await codeOf(tokens, `${header}.${payload}.AAAA`)).toBe('accepted');
    for (const rest of ['', '.', '..AAAA', '.AAAA.', '.AAAA.AAAA', '.AAAA.AAAA.AAAA']) {
      expect(await codeOf(tokens, `${header}.${payload}${rest}`)).toBe('invalid_token');
    }
  });

  test('the signature is checked with the key that the kid names, and with no other', async () => {
    const { tokens, issue, check } = setUp({ keys: [SECRET, randomBytes(32).toString('base64url')] });
    const token = await issue();
    await tokens.verify(token);
    const [input, signature] = [token.slice(0, token.lastIndexOf('.')), token.split('.')[2]];
    const key = expect.objectContaining({ kid: open(token).header.kid, alg: 'HS256' });
    expect(check.mock.calls).toEqual([[input, signature, key]]);
  });

  test('whatever the signature, a token with a member twice is refused', async () => {
    await refuses(({ header, payload }) => [JSON.stringify(header).replace('{', '{"alg":"none",'), payload]);
    await refuses(({ header, payload }) => [header, JSON.stringify(payload).replace('{', '{"sub":"u2",')]);
  });
});

test('20 MB and 10,000 segments are refused at once, before any cryptography', async () => {
  const { tokens, issue, check } = setUp();
  const [header, payload, signature] = (await issue()).split('.');
  const filler = 'A'.repeat(20_000_000);
  const long = [
    filler,
    `${filler}.${payload}.${signature}`,
    `${header}.${filler}.${signature}`,
    `${header}.${payload}.${filler}`,
  ];
  const many = ['a.'.repeat(4000), 'a.'.repeat(10_000), 'a.'.repeat(10_000_000)];
  // Through a buffer, as what comes from a socket: a string that is still to be put together costs time on first use.
  for (const monster of [...long, ...many].map((text) => Buffer.from(text).toString('latin1'))) {
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      expect(() => tokens.authenticate(monster)).toThrow(expect.objectContaining({ code: 'invalid_token' }));
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(1);
  }
  expect(check).not.toHaveBeenCalled();
});

test('an error of ours shows nothing of the token or the key, not even to a debugger', async () => {
  const { tokens, issue } = setUp();
  const { header, payload } = open(await issue());
  const wrong = [
    forge(header, payload, hmac('somebody else')),
    forge(header, '{"sub": not JSON', hmac(SECRET)),
    forge('not JSON at all', payload, hmac(SECRET)),
    forge({ ...header, alg: 'none' }, payload, () => ''),
    'only-one-segment',
  ];
  for (const token of wrong) {
    const error = await tokens.verify(token).catch((thrown: unknown) => thrown);
    const said = inspect(error, { depth: 9, showHidden: true });
    for (const secret of [...token.split('.'), SECRET, 'not JSON']) if (secret) expect(said).not.toContain(secret);
  }
});

describe('a token that was verified is remembered', () => {
  test('a token that is used often costs two signature checks, and its principal cannot be changed', async () => {
    const { tokens, issue, check } = setUp({ claims: () => ({ tenant: { name: 'acme' } }) });
    const token = await issue();
    for (let use = 0; use < 2; use++) expect(Object.isFrozen(await tokens.verify(token))).toBe(true);
    const principal = await tokens.verify(token);
    for (let use = 0; use < 3; use++) expect(await tokens.verify(token)).toBe(principal);
    expect(check).toHaveBeenCalledTimes(2);
    expect(principal).toMatchObject({ id: 'u1', sessionId: 's1', roles: ['editor'], permissions: [] });
    for (const part of [principal, principal.roles, principal.permissions, principal.claims, principal.claims.tenant]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  test('a refusal is not remembered: neither by signature nor by token', async () => {
    const { tokens, issue, check } = setUp();
    const token = await issue();
    const { header, payload } = open(token);
    const [head, , signature] = token.split('.');
    const altered = `${head}.${Buffer.from(JSON.stringify({ ...payload, roles: ['admin'] })).toString('base64url')}.${signature}`;
    await untilRemembered(tokens, token);
    check.mockClear();
    for (const bad of [altered, altered, altered, forge(header, payload, hmac('x'))])
      expect(await codeOf(tokens, bad)).toBe('invalid_token');
    expect(check).toHaveBeenCalledTimes(4);
  });

  test('with strict revocation the store is asked on every use, also for a remembered token', async () => {
    const isLive = jest.fn(async () => true);
    const { tokens, issue } = setUp({ isLive });
    const token = await issue();
    expect([await codeOf(tokens, token), await codeOf(tokens, token)]).toEqual(['accepted', 'accepted']);
    isLive.mockResolvedValue(false);
    expect(await codeOf(tokens, token)).toBe('token_revoked');
    expect(isLive).toHaveBeenCalledTimes(3);
    isLive.mockRejectedValue(new Error('down'));
    await expect(tokens.verify(token)).rejects.toThrow('down');
  });

  test('a remembered token ends with the revocation of its own session or user, and with no other', async () => {
    for (const revokeOwn of [
      (all: Revocations) => all.addSession('s1'),
      (all: Revocations) => all.addUser('u1', 't1'),
    ]) {
      const time = { now: 1_900_000_000 };
      const clock = () => time.now * 1000;
      const revocations = new Revocations(900, clock);
      const { tokens, issue, check } = setUp({ revocations, clock });
      const token = await issue();
      await untilRemembered(tokens, token);
      check.mockClear();
      time.now += 1;
      for (const stranger of ['s2', 's3']) {
        expect([await codeOf(tokens, token), await codeOf(tokens, token)]).toEqual(['accepted', 'accepted']);
        revocations.addSession(stranger);
        revocations.addUser(stranger, `tombstone of ${stranger}`);
      }
      expect(await codeOf(tokens, token)).toBe('accepted');
      revokeOwn(revocations);
      expect([await codeOf(tokens, token), await codeOf(tokens, token)]).toEqual(['token_revoked', 'token_revoked']);
      revocations.addSession('s4');
      expect(await codeOf(tokens, token)).toBe('token_revoked');
      expect(check).not.toHaveBeenCalled();
    }
  });

  test('while revocations cannot be known, every token is answered with an outage, not with a refusal', async () => {
    const revocations = new Revocations(900, Date.now);
    const { tokens, issue } = setUp({ revocations });
    const token = await issue();
    expect(await codeOf(tokens, token)).toBe('accepted');
    const source = { isCurrent: () => false, catchUp: () => Promise.reject(new AuthError('store_unavailable')) };
    revocations.source = source;
    expect(await codeOf(tokens, token)).toBe('store_unavailable');
    source.isCurrent = () => true;
    expect(await codeOf(tokens, token)).toBe('accepted');
  });

  test('if the known revocations are too old, new ones are fetched first and decide', async () => {
    const revocations = new Revocations(900, Date.now);
    const { tokens, issue } = setUp({ revocations });
    const token = await issue();
    await untilRemembered(tokens, token);
    let current = false;
    const news: string[] = [];
    revocations.source = {
      isCurrent: () => current,
      catchUp: async () => {
        for (const sessionId of news) revocations.addSession(sessionId);
        current = true;
      },
    };
    expect(await codeOf(tokens, token)).toBe('accepted');
    current = false;
    news.push('s1');
    expect(await codeOf(tokens, token)).toBe('token_revoked');
  });

  test('the age of revocations follows the clock of the process, not a clock that a test moves', async () => {
    const revocations = new Revocations(900, Date.now);
    const isCurrent = jest.fn((_wall?: number) => true);
    revocations.source = { isCurrent, catchUp: async () => {} };
    const moved = setUp({ revocations });
    await moved.tokens.verify(await moved.issue());
    const usual = setUp({ revocations, clock: Date.now });
    await usual.tokens.verify(await usual.issue());
    expect(isCurrent.mock.calls).toEqual([[undefined], [expect.any(Number)]]);
  });

  test('a user whose rows are gone is refused, unless the store still has the session', async () => {
    const revocations = new Revocations(900, Date.now);
    const isLive = jest.fn(async (sessionId: string) => sessionId === 's1');
    const { tokens, issue } = setUp({ revocations, isLive });
    const own = await issue();
    const gone = (await tokens.issue(user, 's2')).token;
    for (const token of [own, gone]) await untilRemembered(tokens, token);
    expect(isLive).not.toHaveBeenCalled();
    revocations.addUser('u1', 't1');
    expect([await codeOf(tokens, own), await codeOf(tokens, gone)]).toEqual(['accepted', 'token_revoked']);
    // Asked once, until there is a reason to doubt again.
    isLive.mockClear();
    expect(await codeOf(tokens, own)).toBe('accepted');
    expect(isLive).not.toHaveBeenCalled();
    isLive.mockResolvedValue(false);
    revocations.addUser('u1', 't2');
    expect(await codeOf(tokens, own)).toBe('token_revoked');
    isLive.mockRejectedValue(new AuthError('store_unavailable'));
    expect(await codeOf(tokens, own)).toBe('store_unavailable');
  });
});

describe('a token does not outlive its session', () => {
  test.each([
    ['long before its end', 86_400, 900],
    ['a minute before', 60.9, 60],
    ['in its last second', 0.9, 0],
    ['after its end', -5, 0],
  ])('%s', async (_, secondsLeft, expiresIn) => {
    const { tokens, time, clock } = setUp();
    const issued = await tokens.issue(user, 's1', { endsAt: new Date(clock() + secondsLeft * 1000) });
    expect(issued.expiresIn).toBe(expiresIn);
    expect(open(issued.token).payload).toMatchObject({
      iat: Math.floor(time.now),
      exp: Math.floor(time.now) + expiresIn,
    });
  });
});

describe('a token says how and when the user logged in', () => {
  const login = { methods: ['pwd', 'otp', 'mfa'], authenticatedAt: new Date(1_899_999_000_999) };

  test('in whole seconds, and the principal has it, frozen', async () => {
    const { tokens } = setUp();
    const { token } = await tokens.issue(user, 's1', login);
    expect(open(token).payload).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], auth_time: 1_899_999_000 });
    // The third answer comes from the cache.
    for (let use = 0; use < 3; use++) {
      const principal = await tokens.verify(token);
      expect(principal).toMatchObject({ methods: login.methods, authenticatedAt: 1_899_999_000 });
      expect(principal.actorId).toBeUndefined();
      expect(Object.isFrozen(principal.methods)).toBe(true);
    }
  });

  test('without details, that nothing is known but that it is now', async () => {
    const { tokens, time, issue } = setUp();
    const token = await issue();
    expect(open(token).payload).toMatchObject({ amr: [], auth_time: time.now });
    expect(await tokens.verify(token)).toMatchObject({ methods: [], authenticatedAt: time.now });
  });

  test('and who acts in their place, only if somebody does', async () => {
    const { tokens } = setUp();
    const { token } = await tokens.issue(user, 's1', { ...login, actorId: 'support-7' });
    expect(open(token).payload.act).toEqual({ sub: 'support-7' });
    for (let use = 0; use < 3; use++) expect((await tokens.verify(token)).actorId).toBe('support-7');
    for (const nobody of [{ actorId: null }, {}]) {
      const { token: plain } = await tokens.issue(user, 's1', { ...login, ...nobody });
      expect(open(plain).payload).not.toHaveProperty('act');
    }
  });

  test('and claims(user) forges none of it', async () => {
    const forged = { amr: ['mfa'], auth_time: 4e9, act: { sub: 'root' } };
    const { tokens } = setUp({ claims: () => forged });
    const { token } = await tokens.issue(user, 's1', login);
    const { amr, auth_time, act } = open(token).payload;
    expect({ amr, auth_time, act }).toEqual({ amr: login.methods, auth_time: 1_899_999_000, act: undefined });
  });

  test("another issuer's token that does not say so has no methods, and counts from its issue", async () => {
    const { tokens, issue } = setUp();
    const { header, payload } = open(await issue());
    const foreign = forge(header, { ...payload, amr: undefined, auth_time: undefined }, hmac(SECRET));
    expect(await tokens.verify(foreign)).toMatchObject({ methods: [], authenticatedAt: payload.iat });
    const act = { sub: 'agent', iss: 'https://id.example.org' };
    const delegated = await tokens.verify(forge(header, { ...payload, act }, hmac(SECRET)));
    expect([delegated.actorId, delegated.claims.act]).toEqual(['agent', act]);
  });

  test.each<[string, object]>([
    ['methods that are no list', { methods: 'mfa' }],
    ['a method with a comma', { methods: ['pwd,mfa'] }],
    ['too many methods', { methods: Array(9).fill('pwd') }],
    ['an actor that is a number', { actorId: 7 }],
    ['an actor without a name', { actorId: '' }],
    ['a time that is a number', { authenticatedAt: 1_900_000_000 }],
    ['an invalid time', { authenticatedAt: new Date(Number.NaN) }],
    ['an invalid end', { endsAt: new Date(Number.NaN) }],
  ])('%s: no token is issued', async (_, details) => {
    const { tokens } = setUp();
    await expect(tokens.issue(user, 's1', details)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

test('a value that is not a string is an invalid token', async () => {
  const { tokens } = setUp();
  for (const value of [undefined, null, 1, {}, []]) expect(await codeOf(tokens, value as never)).toBe('invalid_token');
});

test('a token that no service would accept is not issued', async () => {
  const { tokens } = setUp({ claims: () => ({ essay: 'x'.repeat(8192) }) });
  await expect(tokens.issue(user, 's1')).rejects.toMatchObject({ code: 'invalid_configuration' });
});
