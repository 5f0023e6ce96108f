import { describe, expect, test } from '@jest/globals';
import { Argon2Hasher } from './argon2-hasher.js';

const hasher = new Argon2Hasher();

/** From the test suite of the reference implementation: 'password', salt 'somesalt', m=65536, t=2, p=1. */
const REFERENCE = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';

describe('argon2id', () => {
  test("hashes with OWASP's parameters and verifies", async () => {
    const hash = await hasher.hash('a fine long passphrase');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await hasher.verify('a fine long passphrase', hash)).toBe(true);
    expect(await hasher.verify('a fine long passphrasf', hash)).toBe(false);
    expect(hasher.needsRehash(hash)).toBe(false);
  });

  test("the reference implementation's hash verifies, and is to be replaced by today's parameters", async () => {
    expect(await hasher.verify('password', REFERENCE)).toBe(true);
    expect(await hasher.verify('passwore', REFERENCE)).toBe(false);
    expect(hasher.needsRehash(REFERENCE)).toBe(true);
  });

  test('nothing is cut off: the last of 256 bytes counts', async () => {
    const hash = await hasher.hash(`${'x'.repeat(255)}a`);
    expect(await hasher.verify(`${'x'.repeat(255)}a`, hash)).toBe(true);
    expect(await hasher.verify(`${'x'.repeat(255)}b`, hash)).toBe(false);
  });

  test('two hashes of one password differ', async () => {
    expect(await hasher.hash('same')).not.toBe(await hasher.hash('same'));
  });
});

test.each([
  '',
  'x',
  '$argon2id$',
  '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  '$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  '$2b$10$abcdefghijklmnopqrstuuDGhbkLVJm8v0UtVxNxUqBsbqRz6bBfS',
])('the damaged or foreign hash %j is not recognised and matches nothing', async (damaged) => {
  expect(hasher.recognises(damaged)).toBe(false);
  expect(await hasher.verify('password', damaged)).toBe(false);
});

test.each([
  '$argon2id$v=19$m=19456,t=2,p=1$A$A',
  '$argon2id$v=19$m=1,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  '$argon2id$v=19$m=65536,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFh',
  '$argon2id$v=19$m=99999999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
])('a hash that argon2 itself cannot read, %j, matches nothing and throws nothing', async (damaged) => {
  expect(await hasher.verify('password', damaged)).toBe(false);
});

test.each([{ memoryCost: 7167, timeCost: 5 }, { memoryCost: 7168, timeCost: 4 }, { timeCost: 1 }, { parallelism: 0 }])(
  'parameters weaker than OWASP allows are refused: %j',
  (options) => {
    expect(() => new Argon2Hasher(options)).toThrow(/weaker than m=7168, t=5, p=1; raise/);
  },
);
