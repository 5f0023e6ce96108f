import { afterEach, describe, expect, jest, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { BcryptHasher } from './bcrypt-hasher.js';
import { bcryptThreads } from './bcrypt-threads.js';

const hasher = new BcryptHasher({ cost: 10 });

/** Made by passlib 1.7.4 for 'password'. */
const PASSLIB = '$bcrypt-sha256$v=2,t=2b,r=5$5Hg1DKFqPE8C2aflZ5vVoe$wOK1VFFtS8IGTrGa7.h5fs0u84qyPbS';

describe('up to 72 bytes', () => {
  test('a password becomes a plain $2b$ hash that every bcrypt can read', async () => {
    const hash = await hasher.hash('a fine long passphrase');
    expect(hash).toMatch(/^\$2b\$10\$[./A-Za-z0-9]{53}$/);
    expect(await bcrypt.compare('a fine long passphrase', hash)).toBe(true);
    expect(await hasher.verify('a fine long passphrase', hash)).toBe(true);
    expect(await hasher.verify('a fine long passphrasf', hash)).toBe(false);
  });

  test('72 bytes still fit, and the 72nd counts', async () => {
    const hash = await hasher.hash('x'.repeat(72));
    expect(hash).toMatch(/^\$2b\$/);
    expect(await hasher.verify('x'.repeat(72), hash)).toBe(true);
    expect(await hasher.verify(`${'x'.repeat(71)}y`, hash)).toBe(false);
  });

  test('a longer password does not match the hash of its first 72 bytes', async () => {
    const hash = await hasher.hash('x'.repeat(72));
    expect(await bcrypt.compare(`${'x'.repeat(72)}y`, hash)).toBe(true); // what bcrypt itself answers
    expect(await hasher.verify(`${'x'.repeat(72)}y`, hash)).toBe(false);
  });
});

describe('beyond 72 bytes', () => {
  test.each([
    ['73 bytes', 'x'.repeat(72), 'a', 'b'],
    ["36 × 'é' and one more", 'é'.repeat(36), 'x', 'y'],
    ['256 bytes in 64 characters', '🙂'.repeat(63), '🙃', '🙂'],
  ])('%s: the last character counts, and nothing is cut off', async (_, start, right, wrong) => {
    const hash = await hasher.hash(start + right);
    expect(hash).toMatch(/^\$bcrypt-sha256\$v=2,t=2b,r=10\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}$/);
    expect(await hasher.verify(start + right, hash)).toBe(true);
    expect(await hasher.verify(start + wrong, hash)).toBe(false);
    expect(await hasher.verify(start, hash)).toBe(false);
  });

  test("passlib's own bcrypt-sha256 v2 hash verifies", async () => {
    expect(await hasher.verify('password', PASSLIB)).toBe(true);
    expect(await hasher.verify('passwore', PASSLIB)).toBe(false);
  });
});

describe('rows of other systems', () => {
  test.each(['$2a$', '$2y$'])('%s hashes log in and are to be replaced', async (prefix) => {
    const legacy = (await bcrypt.hash('a fine long passphrase', 10)).replace('$2b$', prefix);
    expect(hasher.recognises(legacy)).toBe(true);
    expect(await hasher.verify('a fine long passphrase', legacy)).toBe(true);
    expect(await hasher.verify('another passphrase', legacy)).toBe(false);
    expect(hasher.needsRehash(legacy)).toBe(true);
  });

  test('a hash of another cost is to be replaced, in either format; one of this cost stays', async () => {
    const [plain, long] = [await hasher.hash('short'), await hasher.hash('x'.repeat(73))];
    expect([plain, long].map((hash) => hasher.needsRehash(hash))).toEqual([false, false]);
    const stronger = new BcryptHasher({ cost: 11 });
    expect([plain, long, PASSLIB].map((hash) => stronger.needsRehash(hash))).toEqual([true, true, true]);
  });
});

test.each([
  '',
  'x',
  '$2b$',
  '$2b$10$',
  '$2x$10$abcdefghijklmnopqrstuuDGhbkLVJm8v0UtVxNxUqBsbqRz6bBfS',
  '$2b$10$abcdefghijklmnopqrstuuDGhbkLVJm8v0UtVxNxUqBsbqRz6bBf',
  '$2b$10$abcdefghijklmnopqrstuuDGhbkLVJm8v0UtVxNxUqBsbqRz6bBfS\n',
  '$bcrypt-sha256$v=1,t=2b,r=10$5Hg1DKFqPE8C2aflZ5vVoe$wOK1VFFtS8IGTrGa7.h5fs0u84qyPbS',
  '$bcrypt-sha256$v=2,t=2b,r=10$5Hg1DKFqPE8C2aflZ5vVoe',
  '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
])('the damaged or foreign hash %j is not recognised and matches nothing', async (damaged) => {
  expect(hasher.recognises(damaged)).toBe(false);
  expect(await hasher.verify('password', damaged)).toBe(false);
});

test.each([
  '$2b$99$abcdefghijklmnopqrstuuDGhbkLVJm8v0UtVxNxUqBsbqRz6bBfS',
  '$2b$00$abcdefghijklmnopqrstuuDGhbkLVJm8v0UtVxNxUqBsbqRz6bBfS',
  '$bcrypt-sha256$v=2,t=2b,r=99$5Hg1DKFqPE8C2aflZ5vVoe$wOK1VFFtS8IGTrGa7.h5fs0u84qyPbS',
])('a cost that bcrypt does not have, %j, matches nothing and throws nothing', async (impossible) => {
  expect(await hasher.verify('password', impossible)).toBe(false);
});

describe('the work for a wrong password', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  test.each([
    ['of a cheaper row', '$2b$10$', 12],
    ['of a much cheaper row', '$2a$04$', 12],
    ['of a cheaper row of a long password', '$bcrypt-sha256$v=2,t=2b,r=10$', 12],
    ["of a row of today's cost", '$2b$12$', 12],
  ])('%s is that of one hash of today', async (_, prefix, cost) => {
    const row = prefix.startsWith('$2') ? `${prefix}${'a'.repeat(53)}` : `${prefix}${'a'.repeat(22)}$${'a'.repeat(31)}`;
    let work = 0;
    jest.spyOn(bcryptThreads, 'compare').mockImplementation(async (_, hash) => {
      work += 2 ** Number(hash.slice(4, 6));
      return false;
    });
    const today = new BcryptHasher({ cost });
    await today.verify('password', row);
    await today.spendRest('password', row);
    expect(work).toBe(2 ** cost);
  });

  test.each(['$2b$99$', '$2b$00$'])('of a row with the impossible cost %s is nearly that', async (prefix) => {
    const compare = jest.spyOn(bcryptThreads, 'compare').mockResolvedValue(false);
    await hasher.spendRest('password', `${prefix}${'a'.repeat(53)}`);
    expect(compare.mock.calls.map(([, hash]) => hash.slice(0, 7))).toEqual(
      ['04', '05', '06', '07', '08', '09'].map((cost) => `$2b$${cost}$`),
    );
  });

  test('is really done: bcrypt does not refuse the stand-in hashes', async () => {
    const compare = jest.spyOn(bcryptThreads, 'compare');
    await hasher.spendRest('password', `$2b$09$${'a'.repeat(53)}`);
    const [, standIn = ''] = compare.mock.calls[0] ?? [];
    expect(await bcrypt.hash('password', standIn.slice(0, 29))).toMatch(/^\$2b\$09\$\.{22}/);
  });

  test('of a row of another scheme is not known', async () => {
    const compare = jest.spyOn(bcryptThreads, 'compare');
    await hasher.spendRest('password', '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8A');
    expect(compare).not.toHaveBeenCalled();
  });
});

test('two hashes of one password differ: each has a salt of its own', async () => {
  expect(await hasher.hash('same')).not.toBe(await hasher.hash('same'));
  expect(await hasher.hash('x'.repeat(80))).not.toBe(await hasher.hash('x'.repeat(80)));
});

test.each([9, 4, 17, 12.5, Number.NaN, '12' as never])('a cost of %p is refused', (cost) => {
  expect(() => new BcryptHasher({ cost })).toThrow(/cost.*10 to 16/);
});

test('the default cost is 12', () => {
  expect(new BcryptHasher().cost).toBe(12);
});
