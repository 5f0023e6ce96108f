import { describe, expect, test } from '@jest/globals';
import { sql } from './sql.js';

const HOSTILE = "x'; DROP TABLE users; --";

describe('a statement', () => {
  test.each<[string, ReturnType<typeof sql>, string, unknown[]]>([
    ['without values', sql`SELECT 1`, 'SELECT 1', []],
    ['of nothing', sql``, '', []],
    ['with values', sql`SELECT ${1}, ${null}, ${HOSTILE}`, 'SELECT $1, $2, $3', [1, null, HOSTILE]],
    ['with a list', sql`SELECT ${['a', 'b']}`, 'SELECT $1', [['a', 'b']]],
    ['with a part', sql`SELECT ${sql`id = ${7}`} AND ${8}`, 'SELECT id = $1 AND $2', [7, 8]],
    ['with an empty part', sql`WHERE a = ${1} ${sql``} LIMIT ${2}`, 'WHERE a = $1  LIMIT $2', [1, 2]],
    ['with parts only', sql`${sql`a = ${1}`}${sql` OR ${sql`b = ${2}`}`}`, 'a = $1 OR b = $2', [1, 2]],
    ['with a part twice', (({ part }) => sql`${part}, ${part}`)({ part: sql`${1}` }), '$1, $2', [1, 1]],
  ])('%s is its text and its values', (_, { text, values }, expectedText, expectedValues) => {
    expect({ text, values }).toEqual({ text: expectedText, values: expectedValues });
  });

  test('never treats a value that only looks like a part as a part', () => {
    const { text, values } = sql`a = ${1}`;
    const lookAlike = { text: HOSTILE, values: [], chunks: [HOSTILE] };
    expect(sql`SELECT ${lookAlike}`.values).toEqual([lookAlike]);
    expect(sql`SELECT ${{ text, values }}`.text).toBe('SELECT $1');
    expect(sql`SELECT ${Object.create(sql`a`)}`.text).toBe('SELECT $1');
  });

  test('with a value that is undefined is refused: a driver would write NULL', () => {
    expect(() => sql`LIMIT ${undefined}`).toThrow(TypeError);
    expect(() => sql.set({ login: undefined })).toThrow(TypeError);
  });
});

describe('the columns of an object', () => {
  test('are named as the tables of the library name them', () => {
    expect(sql.columns(['id', 'absoluteExpiresAt']).text).toBe(
      '"id" AS "id", "absolute_expires_at" AS "absoluteExpiresAt"',
    );
  });

  test('are inserted', () => {
    const { text, values } = sql`INSERT INTO users ${sql.insert({ login: 'ann', passwordHash: null })} RETURNING ${1}`;
    expect(text).toBe('INSERT INTO users ("login", "password_hash") VALUES ($1, $2) RETURNING $3');
    expect(values).toEqual(['ann', null, 1]);
  });

  test('are set', () => {
    const { text, values } = sql.set({ passwordHash: HOSTILE, expiresAt: null });
    expect(text).toBe('"password_hash" = $1, "expires_at" = $2');
    expect(values).toEqual([HOSTILE, null]);
  });

  test('are compared, null by IS NULL', () => {
    const { text, values } = sql.where({ id: 7, passwordHash: null, kind: HOSTILE });
    expect(text).toBe('"id" = $1 AND "password_hash" IS NULL AND "kind" = $2');
    expect(values).toEqual([7, HOSTILE]);
  });

  test('are quoted, so that a name stays a name', () => {
    expect(sql.where({ 'id" = id or "x': 1 }).text).toBe('"id"" = id or ""x" = $1');
  });

  test.each(['insert', 'set', 'where'] as const)('are not empty: %s would write or reach something else', (part) => {
    expect(() => sql[part]({})).toThrow(TypeError);
  });
});
