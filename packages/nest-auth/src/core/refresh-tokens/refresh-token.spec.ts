import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { respellings } from '../../../test/support/keys/forge.js';
import { digest, isDigestOf, LAST_GENERATION, newFamilySecret, RefreshTokenSeal } from './refresh-token.js';

const [secret, next] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
const seal = new RefreshTokenSeal([secret]);
const claims = () => ({ sessionId: randomUUID() as string, generation: 0, familySecret: newFamilySecret() });

describe('a refresh token', () => {
  test('gives back what was sealed, for every session, generation and family', () =>
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.integer({ min: 0, max: LAST_GENERATION }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (sessionId, generation, bytes) => {
          const sealed = { sessionId, generation, familySecret: Buffer.from(bytes) };
          const token = seal.seal(sealed);
          expect(token).toMatch(/^nar_[\w-]{112}$/);
          expect(seal.open(token)).toEqual(sealed);
          expect(seal.seal(sealed)).toBe(token);
        },
      ),
    ));

  test('is refused after a change of any one character', () => {
    const token = seal.seal(claims());
    for (let index = 0; index < token.length; index++) {
      const letter = token[index] === 'A' ? 'B' : 'A';
      expect(seal.open(token.slice(0, index) + letter + token.slice(index + 1))).toBeNull();
    }
  });

  test('has one spelling', () => {
    const token = seal.seal(claims());
    const body = token.slice(4);
    const spaced = [` ${token}`, `${token}\n`, `${token} `, `NAR_${body}`, body, token.slice(0, -4), `${token}AAAA`];
    const lenient = [body.replaceAll('-', '+').replaceAll('_', '/'), ...respellings(body)].filter(
      (text) => text !== body,
    );
    for (const other of [...spaced, ...lenient.map((text) => `nar_${text}`)]) expect(seal.open(other)).toBeNull();
  });

  test.each([
    '',
    'nar_',
    'a.b.c',
    `nar_${'A'.repeat(112)}`,
    `nar_${'.'.repeat(112)}`,
    '__proto__',
    'nar_'.repeat(5_000_000),
  ])('is none of what others make up (%#)', (token) => {
    expect(seal.open(token)).toBeNull();
  });

  test('of other secrets is refused', () => {
    expect(new RefreshTokenSeal([next]).open(seal.seal(claims()))).toBeNull();
  });

  test('survives a rotation of the secret: the first seals, all open', () => {
    const sealed = claims();
    const old = seal.seal(sealed);
    const both = new RefreshTokenSeal([next, secret]);
    expect(both.open(old)).toEqual(sealed);
    const token = both.seal(sealed);
    expect(new RefreshTokenSeal([next]).open(token)).toEqual(sealed);
    expect(seal.open(token)).toBeNull();
  });
});

describe('the digest that the store keeps', () => {
  test('knows its secret and no other, and does not contain it', () => {
    const [mine, other] = [newFamilySecret(), newFamilySecret()];
    const stored = digest(mine);
    expect([isDigestOf(mine, stored), isDigestOf(other, stored)]).toEqual([true, false]);
    expect(Buffer.from(stored, 'base64url')).not.toEqual(mine);
  });

  test.each(['', 'short', 'x'.repeat(43), 'x'.repeat(100)])('is not confused by a damaged row: %j', (stored) => {
    expect(isDigestOf(newFamilySecret(), stored)).toBe(false);
  });
});

describe('the family secret for a token of another system', () => {
  const secretOf = (token: string, ...secrets: string[]) => new RefreshTokenSeal(secrets).familySecretsOf(token);

  test('is the same each time, and another for another token or another secret of the app', () => {
    const [one] = secretOf('old', secret);
    expect(one).toHaveLength(32);
    expect(secretOf('old', secret)).toEqual([one]);
    expect(secretOf('older', secret)).not.toEqual([one]);
    expect(secretOf('old', next)).not.toEqual([one]);
  });

  test('is found again after a change of keys: today’s comes first', () => {
    expect(secretOf('old', next, secret)).toEqual([...secretOf('old', next), ...secretOf('old', secret)]);
  });

  test('has a key of its own: no text can be chosen whose secret is the seal of a token', () => {
    // All bytes are letters, so that a text can have the same bytes.
    const letters = { sessionId: '41414141-4141-4141-4141-414141414141', generation: 0x41414141 };
    const token = seal.seal({ ...letters, familySecret: Buffer.alloc(32, 'A') });
    const bytes = Buffer.from(token.slice(4), 'base64url');
    const [found] = secretOf('A'.repeat(52), secret);
    expect(found?.equals(bytes.subarray(52))).toBe(false);
  });
});
