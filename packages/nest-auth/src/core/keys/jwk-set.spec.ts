import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { isSameSet, readJwkSet } from './jwk-set.js';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const public_ = ({ publicKey }: typeof ec): JsonWebKey => publicKey.export({ format: 'jwk' });

const good = { ...public_(ec), kid: 'a', alg: 'ES256', use: 'sig' };
const rs = { ...public_(rsa), kid: 'b', alg: 'RS256' };
const kids = (...keys: unknown[]) => [...readJwkSet({ keys }).keys()];

test('keys for signatures are read, each pinned to its own algorithm, ready to verify and unable to sign', () => {
  const set = readJwkSet({ keys: [good, rs, { ...rs, kid: 'c', alg: 'PS256', key_ops: ['verify'] }], more: 1 });
  expect([...set.values()].map(({ kid, alg }) => [kid, alg])).toEqual([
    ['a', 'ES256'],
    ['b', 'RS256'],
    ['c', 'PS256'],
  ]);
  for (const { verificationKey, signingKey } of set.values()) {
    expect([verificationKey.type, signingKey]).toEqual(['public', undefined]);
  }
});

describe('a key that we cannot use is ignored, since issuers publish others beside ours', () => {
  test.each<[string, unknown]>([
    ['no algorithm: it is never guessed from the type', { ...good, kid: 'x', alg: undefined }],
    ['an algorithm of the prototype', { ...good, kid: 'x', alg: 'constructor' }],
    ['none', { ...good, kid: 'x', alg: 'none' }],
    ['an HMAC algorithm on a public key', { ...rs, kid: 'x', alg: 'HS256' }],
    ['an algorithm of the other type', { ...good, kid: 'x', alg: 'RS256' }],
    ['an RSA key that claims ES256', { ...rs, kid: 'x', alg: 'ES256' }],
    ['another curve', { ...public_(p384), kid: 'x', alg: 'ES256' }],
    ['a curve that is only claimed', { ...public_(p384), kid: 'x', alg: 'ES256', crv: 'P-256' }],
    ['a point that is not on the curve', { ...good, kid: 'x', y: good.x }],
    ['1024 bits', { ...public_(small), kid: 'x', alg: 'RS256' }],
    ['an exponent of 1, with which a signature is the message', { ...rs, kid: 'x', e: 'AQ' }],
    ['no name', { ...good, kid: undefined }],
    ['an empty name', { ...good, kid: '' }],
    ['a name that is no string', { ...good, kid: 7 }],
    ['a name of 256 characters', { ...good, kid: 'x'.repeat(256) }],
    ['encryption', { ...good, kid: 'x', use: 'enc' }],
    ['operations without verify', { ...good, kid: 'x', key_ops: ['encrypt'] }],
    ['Ed25519', { kty: 'OKP', crv: 'Ed25519', x: good.x, kid: 'x', alg: 'EdDSA' }],
    ['null', null],
    ['a string', 'key'],
  ])('%s', (_, jwk) => {
    expect(kids(jwk, good)).toEqual(['a']);
    expect(() => kids(jwk)).toThrow('has no key with a kid');
  });
});

describe('a set is refused whole', () => {
  test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])('when it publishes %s, which is nobody else’s', (name) => {
    expect(() => kids(good, { ...rs, [name]: 'c2VjcmV0' })).toThrow('has a key that is not public');
    expect(() => kids(good, { [name]: 'c2VjcmV0' })).toThrow('has a key that is not public');
  });

  test('when it holds a symmetric key', () => {
    expect(() => kids(good, { kty: 'oct', kid: 'x', alg: 'HS256' })).toThrow('has a key that is not public');
  });

  test('when two keys have one name', () => {
    expect(() => kids(good, { ...rs, kid: 'a' })).toThrow('has two keys of one kid');
  });

  test.each([null, undefined, 'keys', 7, [], {}, { keys: {} }, { keys: null }, { keys: [] }])(
    'when it is %j',
    (set) => {
      expect(() => readJwkSet(set)).toThrow(RangeError);
    },
  );

  test('and the refusal repeats nothing of it', () => {
    const jwk = { ...ec.privateKey.export({ format: 'jwk' }), kid: 'the-name', alg: 'ES256' };
    const error = (() => {
      try {
        return readJwkSet({ keys: [jwk] });
      } catch (thrown) {
        return thrown;
      }
    })();
    for (const part of [jwk.d, jwk.x, 'the-name']) expect(String(error)).not.toContain(part);
  });
});

test('two sets are the same when they would accept the same tokens', () => {
  const set = (...keys: object[]) => readJwkSet({ keys });
  expect(isSameSet(set(good, rs), set(rs, { ...good, use: undefined }))).toBe(true);
  expect(isSameSet(set(good, rs), set(good))).toBe(false);
  expect(isSameSet(set(good), set(good, rs))).toBe(false);
  expect(isSameSet(set(rs), set({ ...rs, alg: 'PS256' }))).toBe(false);
  const other = { ...public_(generateKeyPairSync('ec', { namedCurve: 'P-256' })), kid: 'a', alg: 'ES256' };
  expect(isSameSet(set(good), set(other))).toBe(false);
});
