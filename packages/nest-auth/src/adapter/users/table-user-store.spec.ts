import { AuthError, addressOf } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import { loginSql } from './login-survey.js';
import { resolveMapping } from './resolve-mapping.js';
import { TableUserStore, type UserQueries } from './table-user-store.js';
import type { UserMapping } from './user-mapping.js';

interface Row {
  readonly id: string;
  readonly login: string;
  readonly passwordHash: string | null;
  readonly roles: readonly string[];
  readonly email: string | null;
  readonly emailVerifiedAt: Date | null;
}

const AT = new Date('2030-01-02T03:04:05Z');

/** A table of one row, and the statements that ran on it. */
function setUp(changes: Partial<Row> = {}, mapping: UserMapping<Row> = {}, columns?: readonly string[]) {
  let row: Row = {
    ...{ id: '1', login: 'ann', passwordHash: null, roles: [], email: null, emailVerifiedAt: null },
    ...changes,
  };
  const statements: string[] = [];
  const refusal: { error?: Error } = {};
  const queries: UserQueries<Row> = {
    parseId: (id) => (typeof id === 'string' ? id : undefined),
    findById: async (id) => {
      statements.push('select');
      return id === row.id ? row : null;
    },
    findByLogin: async () => [],
    insert: async () => null,
    update: async (id, change, unchanged) => {
      statements.push(`update ${Object.keys(change)} if ${Object.keys(unchanged)}`);
      if (refusal.error) throw refusal.error;
      const isSame = Object.entries(unchanged).every(([name, value]) => row[name as keyof Row] === value);
      if (id !== row.id || !isSame) return false;
      row = { ...row, ...change };
      return true;
    },
    logins: async () => [row.login],
  };
  const table = { name: 'the users', ...(columns && { has: (name: string) => columns.includes(name) }) };
  const resolved = resolveMapping<Row, unknown, Row>(mapping, table);
  const store = new TableUserStore<Row>(resolved, queries, loginSql('postgres', 'users', 'login'));
  return { store, statements, refusal, row: () => row };
}

describe('a table without a column for the verification of addresses', () => {
  test.each<[string, UserMapping<Row>, readonly string[] | undefined]>([
    ['which the adapter knows', {}, ['id', 'login', 'passwordHash', 'roles', 'email']],
    ['as far as the adapter knows', {}, undefined],
    ['but a function', { emailVerifiedAt: () => AT }, undefined],
  ])('%s, makes a store without setEmailVerified', (_, mapping, columns) => {
    expect(setUp({}, mapping, columns).store.setEmailVerified).toBeUndefined();
  });
});

const verifiable: UserMapping<Row> = { emailVerifiedAt: 'emailVerifiedAt' };
const withEmail: UserMapping<Row> = { ...verifiable, email: 'email' };

describe('setEmailVerified', () => {
  test('is there if the table has the column, and is one statement', async () => {
    const columns = ['id', 'login', 'passwordHash', 'roles', 'emailVerifiedAt'];
    const { store, statements, row } = setUp({ login: 'ann@example.org' }, {}, columns);
    expect(await store.setEmailVerified?.('1', 'ann@example.org', AT)).toBe(true);
    expect(statements).toEqual(['update emailVerifiedAt if login']);
    expect(row().emailVerifiedAt).toBe(AT);
  });

  test('never takes a login for an address', async () => {
    const { store, statements } = setUp({}, verifiable);
    expect(await store.setEmailVerified?.('1', 'ann', AT)).toBe(false);
    expect(statements).toEqual([]);
  });

  test('verifies the mapped email of a user whose login is not an address, only while both stay', async () => {
    const { store, statements, row } = setUp({ email: 'ann@example.org' }, withEmail);
    expect(await store.setEmailVerified?.('1', 'bob@example.org', AT)).toBe(false);
    expect(await store.setEmailVerified?.('1', 'ann', AT)).toBe(false);
    expect(await store.setEmailVerified?.('2', 'ann@example.org', AT)).toBe(false);
    expect(row().emailVerifiedAt).toBeNull();
    statements.length = 0;
    expect(await store.setEmailVerified?.('1', 'ann@example.org', AT)).toBe(true);
    expect(statements).toEqual(['select', 'update emailVerifiedAt if login,email']);
  });

  test('does not verify an email beside a login that is an address: mail goes to the login', async () => {
    const { store, statements, row } = setUp({ login: 'ann@example.org', email: 'old@example.org' }, withEmail);
    expect(await store.setEmailVerified?.('1', 'old@example.org', AT)).toBe(false);
    expect(row().emailVerifiedAt).toBeNull();
    statements.length = 0;
    expect(await store.setEmailVerified?.('1', 'ann@example.org', AT)).toBe(true);
    expect(statements).toEqual(['select', 'update emailVerifiedAt if login']);
  });

  test('a mapped email is where the library writes to', async () => {
    const { store } = setUp({ email: 'ann@example.org' }, withEmail);
    const user = await store.findById('1');
    expect(user && addressOf(user)).toBe('ann@example.org');
  });
});

describe('setLogin', () => {
  test('is one statement', async () => {
    const { store, statements, row } = setUp();
    expect(await store.setLogin('1', 'bob', 'ann')).toBe(true);
    expect(statements).toEqual(['update login if login']);
    expect(row().login).toBe('bob');
  });

  test('refuses a login that nobody could log in with', async () => {
    const { store, statements } = setUp();
    await expect(store.setLogin('1', 'Bob', 'ann')).rejects.toMatchObject({ code: 'invalid_request' });
    expect(statements).toEqual([]);
  });

  test('an error of the database other than a duplicate is not a taken login', async () => {
    const { store, refusal } = setUp();
    refusal.error = Object.assign(new Error('duplicate'), { code: '23505' });
    await expect(store.setLogin('1', 'bob', 'ann')).rejects.toMatchObject({ code: 'login_taken' });
    refusal.error = new Error('connection lost');
    await expect(store.setLogin('1', 'bob', 'ann')).rejects.not.toBeInstanceOf(AuthError);
  });
});
