import { AuthError } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import { resolveMapping } from './resolve-mapping.js';
import type { UserMapping } from './user-mapping.js';

interface Row {
  readonly id: unknown;
  readonly login: unknown;
  readonly passwordHash: unknown;
  readonly roles?: unknown;
  readonly role?: unknown;
  readonly isActive?: unknown;
  readonly disabledAt?: unknown;
  readonly permissions?: unknown;
  readonly name?: unknown;
  readonly locale?: unknown;
}

const row = (changes: Partial<Row> = {}): Row => ({ id: 7, login: 'ann', passwordHash: null, roles: [], ...changes });
const resolve = (mapping: UserMapping<Row> = {}) => resolveMapping(mapping, { name: 'the users' });
const newUser = { login: 'ann', passwordHash: 'hash', roles: ['user'], profile: {} };

function problem(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AuthError && error.code === 'invalid_configuration') return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a row becomes a user', () => {
  test.each([
    [7, '7'],
    [7n, '7'],
    ['7', '7'],
  ])('with the id %p as %p', (id, expected) => {
    expect(resolve().userOf(row({ id })).id).toBe(expected);
  });

  test('with its row beside it, and what profile.read adds, which replaces nothing', () => {
    const given = row({ name: 'Ann' });
    const { userOf } = resolveMapping(
      { profile: { read: ({ name }: Row) => ({ name, roles: ['admin'] }) } },
      { name: 'the users' },
    );
    expect(userOf(given)).toEqual({ id: '7', login: 'ann', passwordHash: null, roles: [], name: 'Ann', row: given });
  });

  test.each<[string, UserMapping<Row>]>([
    ['a column', { locale: 'locale' }],
    ['a function of the row', { locale: ({ locale }) => locale as string | null }],
  ])('with the language of %s', (_, mapping) => {
    for (const locale of ['de-AT', 'no tag!', null]) {
      expect(resolve(mapping).userOf(row({ locale }))).toMatchObject({ locale });
    }
    expect(resolve().userOf(row({ locale: 'de' }))).not.toHaveProperty('locale');
  });

  test.each([
    ['ADMIN', ['ADMIN']],
    [null, []],
    ['', []],
  ])('with one role %p as %p', (role, expected) => {
    expect(resolve({ role: 'role' }).userOf(row({ role })).roles).toEqual(expected);
  });

  test('with a list in JSON text', () => {
    expect(resolve().userOf(row({ roles: '["a","b"]' })).roles).toEqual(['a', 'b']);
  });

  test.each([
    [true, null],
    [1, null],
    [false, new Date(0)],
    [0, new Date(0)],
    [null, new Date(0)],
  ])('whose flag %p means disabledAt %p', (isActive, disabledAt) => {
    expect(resolve({ isActive: 'isActive' }).userOf(row({ isActive })).disabledAt).toEqual(disabledAt);
  });

  test('who is disabled by either of the two', () => {
    const disabledAt = new Date(1);
    expect(resolve({ isActive: 'isActive' }).userOf(row({ isActive: true, disabledAt })).disabledAt).toBe(disabledAt);
  });
});

describe('a row that does not fit is refused, by name and without the value', () => {
  test.each<[string, UserMapping<Row>, Partial<Row>, RegExp]>([
    [
      'a role where a list should be',
      {},
      { roles: 'admin' },
      /`roles` \('roles'\) must be a list.* use `role`, not a string/,
    ],
    ['a list of numbers', {}, { roles: [1] }, /`roles`.*other things than strings/],
    ['no id', {}, { id: undefined }, /`id` \('id'\) must be a property of every row/],
    ['a fraction as id', {}, { id: 1.5 }, /`id`.*not a number/],
    ['a language that is a number', { locale: 'locale' }, { locale: 7 }, /`locale`.*a string or null, not a number/],
    ['no hash column', { passwordHash: 'name' }, {}, /`passwordHash` \('name'\)/],
    ['a date as text', {}, { disabledAt: '2030-01-01' }, /`disabledAt`.*not a string/],
    ['a flag where a date should be', { disabledAt: 'isActive' }, { isActive: true }, /`disabledAt`.*not a boolean/],
    ['a flag that is text', { isActive: 'isActive' }, { isActive: 'no' }, /`isActive`.*not a string/],
    ['no flag', { isActive: 'isActive' }, {}, /`isActive`.*not undefined/],
  ])('%s', (_, mapping, changes, message) => {
    const said = problem(() => resolve(mapping).userOf(row(changes)));
    expect(said).toMatch(message);
    expect(said).toMatch(/^the users: /);
  });
});

describe('a mapping that cannot work is refused at boot', () => {
  test('all of its problems at once', () => {
    const wrong = { login: 'mail', email: 'post', locale: 'language', logins: 'any', profile: ['role', 'nick'] };
    const mapping = { ...wrong, roles: 'roles', role: 'role' } as never;
    const has = (property: string) => ['id', 'passwordHash', 'roles', 'role'].includes(property);
    const said = problem(() => resolveMapping(mapping, { name: 'the users', has }));
    for (const part of [
      "login: it has no column 'mail'",
      "email: it has no column 'post'",
      "locale: it has no column 'language'",
      'either roles or role',
      "'mixed-case'",
      "'role' is not for",
      "column 'nick'",
    ]) {
      expect(said).toContain(part);
    }
  });
});

describe('a registration becomes columns', () => {
  test('one role goes into its column, none leaves it to the default, two do not fit', () => {
    const { columnsOf } = resolve({ role: 'role' });
    expect(columnsOf(newUser)).toEqual({ login: 'ann', passwordHash: 'hash', role: 'user' });
    expect(columnsOf({ ...newUser, roles: [] })).not.toHaveProperty('role');
    expect(problem(() => columnsOf({ ...newUser, roles: ['a', 'b'] }))).toContain('register.roles');
  });

  test('a profile fills what the mapping names, never a mapped column, never a function', () => {
    const profile = { name: 'Ann', isActive: true, roles: ['admin'], disabledAt: null, other: 1 };
    expect(resolve({ profile: ['name'] }).columnsOf({ ...newUser, profile })).toMatchObject({ name: 'Ann' });
    const all = resolve({ isActive: 'isActive', profile: (given) => ({ ...given, name: () => 'now()' }) });
    expect(all.columnsOf({ ...newUser, profile })).toEqual({
      login: 'ann',
      passwordHash: 'hash',
      roles: ['user'],
      other: 1,
    });
  });

  test('a profile that is not an object is an empty one', () => {
    for (const profile of [null, undefined, 'x', 1]) {
      expect(resolve({ profile: ['name'] }).columnsOf({ ...newUser, profile } as never)).not.toHaveProperty('name');
    }
  });
});
