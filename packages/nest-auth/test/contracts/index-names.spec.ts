import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../../..');

/** Each index of the library's tables, named after its table and the columns by which it finds rows. */
const NAMES = [
  'auth_users_login',
  'auth_sessions_user_id',
  'auth_sessions_absolute_expires_at',
  'auth_sessions_revoked_at',
  'auth_ephemeral_expires_at',
  'auth_credentials_kind_key',
  'auth_credentials_user_id',
];

/** A schema of Prisma's has no partial indexes: only its migration creates these. */
const PARTIAL = ['auth_sessions_user_id', 'auth_sessions_revoked_at'];

const FOLDERS = ['packages', 'examples', 'docs', 'tests', 'bench', 'scripts'];
const SKIPPED = ['node_modules', 'dist', 'generated'];
const TABLE = /(?:CREATE TABLE "?|Table\('|tableName: '|@@map\(")(auth_\w+)/g;
const NAME = /\bauth_(?:users|sessions|ephemeral|credentials)_\w+/g;
const INDEX = /(UNIQUE )?INDEX ["`]?(\w+)["`]?(?: ON ["`]?(\w+)["`]?)? \(([^()]+)\)/g;

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED.includes(entry.name) || entry.name.startsWith('.') ? [] : filesIn(path);
    return /\.(?:sql|prisma|ts|md)$/.test(path) ? [path] : [];
  });
}

const sources = FOLDERS.flatMap(filesIn)
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8').replace(/^ *(?:\/\/|--).*$/gm, '') }))
  .map(({ path, text }) => ({ path, text, tables: [...text.matchAll(TABLE)].map(([, table]) => table ?? '') }));

const schemas = sources.filter(({ path, tables }) => tables.length > 0 && !path.endsWith('.spec.ts'));

test('the schemas of all adapters, the migrations, the guides and the examples are compared', () => {
  const adapters = ['drizzle', 'prisma', 'typeorm'].map((name) => `packages/nest-auth-${name}`);
  for (const place of [...adapters, 'docs/guides', 'examples/notes-api', 'examples/stores-prisma'])
    expect(schemas.map(({ path }) => path)).toContainEqual(expect.stringContaining(`${place}/`));
});

test.each(schemas)('$path names every index of its tables as the others do', ({ path, text, tables }) => {
  const expected = NAMES.filter((name) => tables.some((table) => name.startsWith(`${table}_`)));
  const sayable = path.endsWith('.prisma') ? expected.filter((name) => !PARTIAL.includes(name)) : expected;
  expect([...new Set(text.match(NAME))].sort()).toEqual(sayable.sort());
});

test('no file names an index that is in no schema', () => {
  const known = [...NAMES, ...NAMES.map((name) => name.replace(/^(auth_[a-z]+)_.*/, '$1_pkey'))];
  const unknown = sources.flatMap(({ path, text }) =>
    (text.match(NAME) ?? []).filter((name) => !known.includes(name)).map((name) => `${path}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test('an index is named after its table and its columns: all of them if it is unique, else the first', () => {
  const indexes = schemas.flatMap(({ path, text }) =>
    [...text.matchAll(INDEX)].map(([, unique, name = '', , list = '']) => {
      const columns = list.replaceAll(/["`]/g, '').split(', ');
      return { path, name, columns: unique ? columns : columns.slice(0, 1) };
    }),
  );
  expect(indexes.length).toBeGreaterThan(NAMES.length);
  for (const { path, name, columns } of indexes.filter(({ name }) => name.startsWith('auth_'))) {
    const table = /^auth_[a-z]+/.exec(name)?.[0];
    expect(`${path}: ${name}`).toBe(`${path}: ${[table, ...columns].join('_')}`);
  }
});
