import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { guardStore } from '../resilience/guarded-store.js';
import { readUser, USER_STORE_READINGS } from './stored-user.js';

const FROM = 'UserStore.findById (Users) handed over';
const SECRET = '$2b$12$abcdefghijklmnopqrstuv';
const valid = { id: '7', login: 'ann@example.org', passwordHash: SECRET, roles: ['editor'] };
const read = (changes: object) => readUser({ ...valid, ...changes }, FROM);
class ObjectId {
  readonly hex = SECRET;
}

describe('refused, with the field and the type, and without the value', () => {
  test.each<[object, string]>([
    [{ roles: 'admin' }, 'roles must be an array of strings that are not empty, and is a string'],
    [{ roles: 'GUEST,AUDITOR' }, 'and is a string'],
    [{ roles: null }, 'roles must be an array of strings that are not empty, and is null'],
    [{ roles: undefined }, 'and is missing'],
    [{ roles: [1] }, 'and is an array with a number in it'],
    [{ roles: ['admin', ''] }, 'and is an array with an empty string in it'],
    [{ roles: ['admin', undefined] }, 'and is an array with undefined in it'],
    [{ roles: new Array(2) }, 'and is an array with undefined in it'],
    [{ roles: [{ name: SECRET }] }, 'and is an array with an object in it'],
    [{ roles: new Set(['admin']) }, 'and is an object (Set)'],
    [{ roles: Promise.resolve(['admin']) }, 'and is a promise'],
    [{ roles: 7 }, 'and is a number'],
    [
      { permissions: 'notes:write' },
      'permissions must be an array of strings that are not empty, or undefined, and is a string',
    ],
    [{ permissions: null }, 'and is null'],
    [{ permissions: {} }, 'and is an object'],
    [{ id: undefined }, 'id must be a string of 1 to 255 characters, a whole number or a bigint, and is missing'],
    [{ id: undefined, _id: new ObjectId() }, 'and is missing (there is an _id: add id: String(_id))'],
    [{ id: '' }, 'and is an empty string'],
    [{ id: new ObjectId() }, 'and is an object (ObjectId)'],
    [{ id: 1.5 }, 'and is a number'],
    [{ id: Number.NaN }, 'and is a number'],
    [{ id: 2 ** 53 }, 'and is a number'],
    [{ id: 'x'.repeat(256) }, 'and is a long string'],
    [{ id: true }, 'and is a boolean'],
    [{ login: undefined }, 'login must be a string that is not empty, and is missing'],
    [{ login: 7 }, 'and is a number'],
    [
      { passwordHash: undefined },
      'passwordHash must be a string, or null for an account without a password, and is missing',
    ],
    [{ passwordHash: Buffer.from(SECRET) }, 'and is an object (Buffer)'],
    [{ disabledAt: true }, 'disabledAt must be a Date, null or undefined, and is a boolean'],
    [{ disabledAt: '2030-01-01' }, 'and is a string'],
    [{ disabledAt: 0 }, 'and is a number'],
    [{ disabledAt: new Date(Number.NaN) }, 'and is an invalid Date'],
    [{ emailVerifiedAt: '' }, 'and is an empty string'],
  ])('%p', (changes, words) => {
    const refused = expect.objectContaining({ code: 'contract_broken', message: expect.stringContaining(words) });
    expect(() => read(changes)).toThrow(refused as never);
    expect(() => read(changes)).toThrow(/^UserStore\.findById \(Users\) handed over an invalid user: /);
    expect(() => read(changes)).not.toThrow(/\$2b|GUEST|2030|xxx/);
  });

  test.each<[unknown, string]>([
    [7, 'a number'],
    ['ann', 'a string'],
    [true, 'a boolean'],
    [[valid], 'an array'],
    [undefined, 'missing'],
    [() => valid, 'a function'],
  ])('%p in place of a user', (value, found) => {
    expect(() => readUser(value, FROM)).toThrow(`${FROM} ${found} instead of a user.`);
  });

  test('every invalid field at once', () => {
    expect(() => read({ roles: null, login: null, id: null })).toThrow(/: id .*; login .*; roles /);
  });

  test('a field whose getter throws', () => {
    const user = Object.defineProperty({ ...valid }, 'roles', {
      get: () => {
        throw new RangeError(SECRET);
      },
    });
    expect(() => readUser(user, FROM)).toThrow(`${FROM} an invalid user: roles cannot be read: RangeError.`);
  });
});

describe('a valid user', () => {
  test.each<[string, object]>([
    ['the smallest', {}],
    ['without a password', { passwordHash: null }],
    ['with everything', { permissions: [], emailVerifiedAt: null, disabledAt: new Date(), entity: { id: 7 } }],
    ['with a date of another realm', { disabledAt: runInNewContext('new Date()') }],
  ])("%s: is the app's own object", (_, changes) => {
    const user = Object.freeze({ ...valid, ...changes });
    expect(readUser(user, FROM)).toBe(user);
  });
});

describe('an id that is not a string', () => {
  class Account {
    readonly #secret = 'private';
    login = valid.login;
    passwordHash = valid.passwordHash;
    roles = valid.roles;
    constructor(readonly id: unknown) {}

    get label(): string {
      return `${this.login} ${this.#secret}`;
    }

    toObject(): object {
      return { id: this.id, secret: this.#secret };
    }
  }

  test.each<[unknown, string]>([
    [7, '7'],
    [0, '0'],
    [-7, '-7'],
    [9007199254740993n, '9007199254740993'],
  ])('%p reads as %j', (id, expected) => {
    expect(read({ id }).id).toBe(expected);
  });

  test.each([false, true])(
    'leaves the rest as the app made it: class, getters, private members (frozen: %p)',
    (frozen) => {
      const account = new Account(7);
      if (frozen) Object.freeze(account);
      const user = readUser(account, FROM) as unknown as Account;
      expect(user).toBeInstanceOf(Account);
      expect([user.id, user.label, user.toObject()]).toEqual([
        '7',
        'ann@example.org private',
        { id: 7, secret: 'private' },
      ]);
      expect({ ...user }).toEqual({ ...valid, id: '7' });
      expect(JSON.parse(JSON.stringify(user))).toEqual({ ...valid, id: '7' });
      expect(inspect(user)).toMatch(/^Account \{/);
    },
  );

  test('holds for an id that a class computes', () => {
    class Row {
      login = valid.login;
      passwordHash = null;
      roles = [];
      get id(): number {
        return 7;
      }
    }
    const user = readUser(new Row(), FROM);
    expect([user.id, { ...user }.id]).toEqual(['7', '7']);
  });

  test("passes changes on to the app's own object", () => {
    const account = new Account(7);
    (readUser(account, FROM) as unknown as Account).login = 'bob';
    expect(account.login).toBe('bob');
  });
});

describe('an answer of the methods that change a user', () => {
  const METHODS = ['setPasswordHash', 'setEmailVerified', 'setLogin'] as const;
  const asked = (method: string, call: () => Promise<unknown>) => {
    const users = guardStore<Record<string, () => Promise<unknown>>>({ [method]: call }, 'UserStore', 1000, {
      readings: USER_STORE_READINGS,
    });
    return users[method]?.();
  };
  const refusing = (status: number) => async () => {
    throw Object.assign(new Error('refused'), { getStatus: () => status, getResponse: () => ({}) });
  };

  test.each(METHODS)('of %s is true or false, and nothing else', async (method) => {
    for (const answer of [true, false]) expect(await asked(method, async () => answer)).toBe(answer);
    for (const answer of [1, undefined, { affected: 1 }]) {
      await expect(asked(method, async () => answer)).rejects.toMatchObject({ code: 'contract_broken' });
    }
  });

  test.each(METHODS)('of %s is false if it rejects with "not found"', async (method) => {
    expect(await asked(method, refusing(404))).toBe(false);
  });

  test('of setLogin is login_taken if it rejects with a conflict', async () => {
    await expect(asked('setLogin', refusing(409))).rejects.toMatchObject({ code: 'login_taken' });
  });
});
