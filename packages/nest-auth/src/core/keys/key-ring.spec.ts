import { createPublicKey, createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { open } from '../../../test/support/keys/forge.js';
import { TokenService } from '../tokens/token-service.js';
import { type AccessKeys, KeyRing, readKeys } from './key-ring.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const [secret, other] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
const pem = { privateKey: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };

describe('a kid', () => {
  test('finds its own key and nothing that every object has', () => {
    const ring = new KeyRing([{ secret, kid: 'mine' }, other]);
    expect(ring.get('mine')).toMatchObject({ kid: 'mine', alg: 'HS256' });
    for (const kid of ['', 'Mine', '__proto__', 'constructor', 'toString', '0']) expect(ring.get(kid)).toBeUndefined();
  });

  test('is the same in every process, whatever form the key has', () => {
    const kidOf = (keys: AccessKeys) => new KeyRing(keys).signer.kid;
    expect(kidOf(secret)).toBe(kidOf({ alg: 'HS256', secret: createSecretKey(Buffer.from(secret)) }));
    expect(kidOf(secret)).not.toBe(kidOf(other));
    expect(kidOf({ alg: 'RS256', ...pem })).toBe(kidOf({ alg: 'RS256', ...rsa }));
  });

  test('of a pair is its thumbprint, as in the example of RFC 7638 §3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    const publicKey = createPublicKey({ key: { kty: 'RSA', e: 'AQAB', n }, format: 'jwk' });
    const { ring } = readKeys([secret, { alg: 'RS256', publicKey }]);
    expect(ring[1]!.kid).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  test('says nothing useful about a secret', () => {
    const { kid } = new KeyRing(secret).signer;
    expect(secret).not.toContain(kid);
    expect(kid).toHaveLength(12);
  });
});

describe('a key ring', () => {
  test('signs with the first key and is pinned to one algorithm for each', () => {
    const ring = new KeyRing([{ alg: 'ES256', ...ec }, { alg: 'PS256', ...rsa }, secret]);
    expect(ring.signer.alg).toBe('ES256');
    expect(ring.get(ring.signer.kid)).toBe(ring.signer);
  });

  test('publishes public halves only', () => {
    const { keys } = new KeyRing([secret, { alg: 'ES256', ...ec }, { alg: 'RS256', ...pem }]).jwks();
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
      ['alg', 'e', 'kid', 'kty', 'n', 'use'],
    ]);
    expect(new KeyRing(secret).jwks()).toEqual({ keys: [] });
  });

  test('names every problem by its place in the list, and no key material', () => {
    const weak = 'my-weak-little-secret';
    const keys = [
      secret,
      weak,
      { alg: 'ES256', ...rsa },
      { alg: 'RS256', privateKey: `-----BEGIN ${weak}` },
    ] as AccessKeys;
    const { problems } = readKeys(keys);
    expect(problems).toEqual([
      expect.stringMatching(/^\[1\] is shorter than 32 bytes; make one with/),
      expect.stringMatching(/^\[2\] is not on the curve P-256/),
      expect.stringMatching(/^\[3\] cannot be read as a key in PEM format/),
    ]);
    expect(() => new KeyRing(keys)).toThrow(RangeError);
    expect(problems.join()).not.toContain(weak);
  });

  test('refuses an exponent below 3, with which a signature is the message', () => {
    const key = rsa.publicKey.export({ format: 'jwk' });
    const publicKey = createPublicKey({ key: { ...key, e: 'AQ' }, format: 'jwk' });
    expect(readKeys([secret, { alg: 'RS256', publicKey }]).problems).toEqual([
      expect.stringContaining('exponent below 3'),
    ]);
  });
});

describe('keys change under a stream of requests', () => {
  const service = (keys: AccessKeys) => {
    const options = { ttl: 900, issuer: undefined, audience: [], clockTolerance: 5, claims: undefined };
    const rest = { clock: () => 1_900_000_000_000, jws: new JwtService({}), revocations: undefined, isLive: undefined };
    return new TokenService({ keys, ...options, ...rest });
  };
  const user = { id: 'u1', login: 'ann', passwordHash: null, roles: [] };
  const issue = async (tokens: TokenService) => (await tokens.issue(user, 's1')).token;
  const isAccepted = (tokens: TokenService, token: string) =>
    tokens.verify(token).then(
      () => true,
      () => false,
    );

  test('added everywhere, then moved to the front, then alone: not one token is refused on the way', async () => {
    const fleet = [service(secret), service(secret)] as const;
    const living: string[] = [];
    const steps: AccessKeys[] = [secret, [secret, other], [other, secret]];
    for (const keys of steps) {
      // One process after another. After each, every process verifies every token.
      for (const turning of fleet) {
        turning.useKeys(keys);
        for (const issuer of fleet) living.push(await issue(issuer), await issue(issuer));
        for (const verifier of fleet) for (const token of living) expect(await isAccepted(verifier, token)).toBe(true);
      }
    }
    const isOld = (token: string) => open(token).header.kid === new KeyRing(secret).signer.kid;
    expect(new Set(living.map(isOld))).toEqual(new Set([true, false]));
    for (const turning of fleet) turning.useKeys(other);
    for (const token of living) expect(await isAccepted(fleet[0], token)).toBe(!isOld(token));
  });

  test('a process that signs before the others know the key is refused: the order matters', async () => {
    expect(await isAccepted(service(secret), await issue(service([other, secret])))).toBe(false);
  });

  test('a removed key takes its tokens along, also those that were verified a moment ago', async () => {
    const tokens = service([secret, other]);
    const token = await issue(tokens);
    expect(await isAccepted(tokens, token)).toBe(true);
    tokens.useKeys(other);
    expect(await isAccepted(tokens, token)).toBe(false);
  });

  test('a bad key changes nothing', async () => {
    const tokens = service(secret);
    const token = await issue(tokens);
    expect(() => tokens.useKeys([other, 'short'])).toThrow(RangeError);
    expect(await isAccepted(tokens, token)).toBe(true);
    expect(await isAccepted(service(secret), await issue(tokens))).toBe(true);
  });
});
