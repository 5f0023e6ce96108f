import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { deriveKey, weakness } from './secret.js';

describe('a secret that others could know or guess is refused', () => {
  test.each([
    ['', /^is empty/],
    ['x'.repeat(31), /^is shorter than 32 bytes/],
    ['é'.repeat(15), /^is shorter than 32 bytes/],
    ['a'.repeat(64), /^has fewer than 10 different characters/],
    ['123456789'.repeat(8), /^has fewer than 10 different characters/],
    ['abcdefghijklmnop'.repeat(2), /^repeats a short pattern/],
    ['0123456789abc'.repeat(5).slice(0, -3), /^repeats a short pattern/],
    ['a-string-secret-at-least-256-bits-long', /^contains a well-known phrase/],
    ['YOUR_SUPER_SECRET_0123456789_abcdefgh', /^contains a well-known phrase/],
    ['Change Me! 0123456789 abcdefghijklmnop', /^contains a well-known phrase/],
    ['DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET', /^contains a well-known phrase/],
    ['-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE', /^is a key in PEM format/],
    [' \uFEFF\n-----BEGIN RSA PRIVATE KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0', /^is a key in PEM format/],
  ])('%j', (secret, problem) => {
    expect(weakness(secret, 32)).toMatch(problem);
    expect(weakness(secret, 32)).toMatch(
      /; (else )?make one with: node -p "crypto\.randomBytes\(32\)\.toString\('base64url'\)"$/,
    );
  });

  test.each([32, 48, 64])('%i bytes are needed where the hash has as many', (bytes) => {
    const text = randomBytes(64).toString('base64url');
    expect(weakness(text.slice(0, bytes - 1), bytes)).toMatch(`is shorter than ${bytes} bytes`);
    expect(weakness(text.slice(0, bytes), bytes)).toBeUndefined();
    expect(weakness(createSecretKey(randomBytes(bytes - 1)), bytes)).toMatch(`is shorter than ${bytes} bytes`);
    expect(weakness(createSecretKey(randomBytes(bytes)), bytes)).toBeUndefined();
  });

  test('a public key is refused as a secret', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(weakness(publicKey, 32)).toMatch(/^is a public key, not a secret/);
    expect(weakness(privateKey, 32)).toMatch(/^is a private key, not a secret/);
  });

  test.each(['base64', 'base64url', 'hex'] as const)('32 random bytes in %s never are', (encoding) => {
    for (let run = 0; run < 200; run++) expect(weakness(randomBytes(32).toString(encoding), 32)).toBeUndefined();
  });
});

describe('derived keys', () => {
  const secret = randomBytes(32).toString('base64url');

  test('differ for each purpose and each secret, and are as long as the hash', () => {
    const purposes = ['refresh', 'one-time', 'attempt-limit', 'kid'] as const;
    const keys = [secret, `${secret}x`].flatMap((input) => purposes.map((purpose) => deriveKey(input, purpose)));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(8);
    expect(keys.every((key) => key.length === 32)).toBe(true);
  });

  test('are the same for a text and a KeyObject of its bytes', () => {
    expect(deriveKey(createSecretKey(Buffer.from(secret)), 'refresh')).toEqual(deriveKey(secret, 'refresh'));
  });
});
