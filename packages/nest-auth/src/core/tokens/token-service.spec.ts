import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { codeOf, SECRET, setUp, TOLERANCE, untilRemembered, user } from '../../../test/support/core/token-service.js';
import { forge, hmac, type Json, open } from '../../../test/support/keys/forge.js';
import { type Duration, seconds } from '../time.js';
import type { SignatureCheck } from './signature.js';

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

describe('the checks do not depend on the signature: even if any is accepted, no other token gets in', () => {
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
  // Through a buffer, like input from a socket: a concatenated string is flattened on first use, which takes time.
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

  test('without details, with no methods and the current time', async () => {
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

  test('and claims(user) cannot forge it', async () => {
    const forged = { amr: ['mfa'], auth_time: 4e9, act: { sub: 'root' } };
    const { tokens } = setUp({ claims: () => forged });
    const { token } = await tokens.issue(user, 's1', login);
    const { amr, auth_time, act } = open(token).payload;
    expect({ amr, auth_time, act }).toEqual({ amr: login.methods, auth_time: 1_899_999_000, act: undefined });
  });

  test("another issuer's token that does not say so has no methods, and no login that could be recent", async () => {
    const { tokens, issue } = setUp();
    const { header, payload } = open(await issue());
    const foreign = forge(header, { ...payload, amr: undefined, auth_time: undefined }, hmac(SECRET));
    expect(await tokens.verify(foreign)).toMatchObject({ methods: [], authenticatedAt: 0 });
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
