import { beforeEach, describe, expect, test } from '@jest/globals';
import { MemoryEphemeralStore } from '../../memory/ephemeral-store.js';
import { MemoryUserStore } from '../../memory/user-store.js';
import type { AuthUser } from '../../ports/user-store.js';
import { OneTimeTokens } from './one-time-token.js';

const KEY = Buffer.alloc(32, 1);
const users = new MemoryUserStore();

let now: number;
let store: MemoryEphemeralStore;
let puts: string[][];
let tokens: OneTimeTokens;

beforeEach(() => {
  now = 0;
  puts = [];
  store = new MemoryEphemeralStore({ clock: () => now });
  const put = store.put.bind(store);
  store.put = (key, value, ttl) => {
    puts.push([key, value]);
    return put(key, value, ttl);
  };
  tokens = new OneTimeTokens(store, users, KEY);
});

describe('a one-time token', () => {
  test('has 256 random bits', async () => {
    const issued = await Promise.all(Array.from({ length: 1000 }, () => tokens.issue('reset', 'user', 600)));
    expect(new Set(issued).size).toBe(1000);
    for (const token of issued) expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  });

  test('gives its subject to one caller out of 50, and to nobody afterwards', async () => {
    const token = await tokens.issue('reset', 'user-1', 600);
    const answers = await Promise.all(Array.from({ length: 50 }, () => tokens.consume('reset', token)));
    expect(answers.filter((answer) => answer === 'user-1')).toHaveLength(1);
    expect(answers.filter((answer) => answer === null)).toHaveLength(49);
    expect(await tokens.consume('reset', token)).toBeNull();
  });

  test('works only for its purpose, and a try with another does not use it up', async () => {
    const token = await tokens.issue('reset', 'user-1', 600);
    expect(await tokens.consume('verify', token)).toBeNull();
    expect(await tokens.consume('rese', token)).toBeNull();
    expect(await tokens.consume('reset', token)).toBe('user-1');
  });

  test.each(['', 'guessable', 'x'.repeat(42), 7])('is not made of %j, which is no 256 bits', async (token) => {
    const refusal = { code: 'invalid_request', field: 'token' };
    await expect(tokens.issue('reset', 'user-1', 600, token as never)).rejects.toMatchObject(refusal);
    expect(puts).toEqual([]);
  });

  test('ends with its time to live', async () => {
    const [inTime, late] = [await tokens.issue('reset', 'a', 600), await tokens.issue('reset', 'b', 600)];
    now = 599_999;
    expect(await tokens.consume('reset', inTime)).toBe('a');
    now = 600_000;
    expect(await tokens.consume('reset', late)).toBeNull();
  });

  test('cannot be had from a dump of the store: it keeps a keyed digest', async () => {
    const token = await tokens.issue('reset', 'user-1', 600);
    expect(JSON.stringify(puts)).not.toContain(token);
    const [[key = '']] = puts as [string[]];
    const digest = key.split(':')[1] ?? '';
    expect(await tokens.consume('reset', digest)).toBeNull();
    expect(await new OneTimeTokens(store, users, Buffer.alloc(32, 2)).consume('reset', token)).toBeNull();
    expect(await tokens.consume('reset', token)).toBe('user-1');
  });

  test.each([
    '',
    'x',
    'x'.repeat(44),
    `${'x'.repeat(42)}\n`,
    'reset:x',
    '__proto__',
    'x'.repeat(1_000_000),
    { $ne: null } as never,
  ])('of the wrong shape never reaches the store', async (token) => {
    store.take = () => Promise.reject(new Error('was asked'));
    expect(await tokens.consume('reset', token)).toBeNull();
  });
});

describe('a token that is sent to a user', () => {
  const sent = { address: 'ann@example.org', ttl: 600 };
  let user: AuthUser;
  beforeEach(async () => {
    user = await users.create({ login: `${Math.random()}@example.org`, passwordHash: 'a', roles: [], profile: {} });
  });

  test('is used by one of 50 callers at once, also if each of them is slow', async () => {
    const token = await tokens.issueTo(user, 'reset', sent);
    const acts: string[] = [];
    const act = async () => void acts.push(await new Promise((resolve) => setImmediate(resolve, 'done')));
    await Promise.all(Array.from({ length: 50 }, () => tokens.redeem('reset', token, act)));
    expect(acts).toEqual(['done']);
    expect(await tokens.redeem('reset', token, act)).toBeNull();
  });

  test('works again if what it was used for fails, but no longer than before', async () => {
    const token = await tokens.issueTo(user, 'reset', sent);
    const down = new Error('down');
    await expect(tokens.redeem('reset', token, () => Promise.reject(down))).rejects.toBe(down);
    now = 599_999;
    await expect(tokens.redeem('reset', token, () => Promise.reject(down))).rejects.toBe(down);
    expect(await tokens.ownerOf('reset', token)).toMatchObject({ user: { id: user.id }, address: sent.address });
    now = 600_000;
    expect(await tokens.redeem('reset', token)).toBeNull();
  });

  test('does not work again if the account was changed before the failure, or a newer one was sent', async () => {
    const fail = () => Promise.reject(new Error('down'));
    const changed = await tokens.issueTo(user, 'reset', sent);
    const change = () => users.setPasswordHash(user.id, 'b', 'a').then(fail);
    await expect(tokens.redeem('reset', changed, change)).rejects.toThrow('down');
    expect(await tokens.redeem('reset', changed)).toBeNull();
    const now = { ...user, passwordHash: 'b' };
    const replaced = await tokens.issueTo(now, 'verify', sent);
    const replace = () => tokens.issueTo(now, 'verify', sent).then(fail);
    await expect(tokens.redeem('verify', replaced, replace)).rejects.toThrow('down');
    expect(await tokens.redeem('verify', replaced)).toBeNull();
  });
});

describe('the digest of a code', () => {
  test('differs with the purpose, the code and the key, and is the same again', () => {
    const others = new OneTimeTokens(store, users, Buffer.alloc(32, 2));
    const digests = [
      tokens.digestOf('one', '123456'),
      tokens.digestOf('two', '123456'),
      tokens.digestOf('one', '123457'),
      others.digestOf('one', '123456'),
    ];
    expect(new Set(digests).size).toBe(4);
    expect(tokens.digestOf('one', '123456')).toBe(digests[0]);
    expect(() => tokens.digestOf('one', undefined as never)).toThrow(/code must be a string/);
  });
});
