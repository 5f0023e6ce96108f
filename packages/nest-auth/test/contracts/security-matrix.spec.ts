import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const packageRoot = join(import.meta.dirname, '../..');
const matrix = readFileSync(join(packageRoot, '../../docs/security-matrix.md'), 'utf8');

/** Every `file`: "title", "title" of the page. */
const proofs = [...matrix.matchAll(/`([\w./-]+\.ts)`: ((?:"[^"]+"(?:, )?)+)/g)].flatMap(([, file = '', titles = '']) =>
  [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({ file, title })),
);

test('every test that the security matrix names is there', () => {
  expect(proofs.length).toBeGreaterThan(80);
  const missing = proofs.filter(({ file, title }) => {
    const path = join(packageRoot, file);
    return !existsSync(path) || !readFileSync(path, 'utf8').replaceAll("\\'", "'").includes(title);
  });
  expect(missing).toEqual([]);
});

test('every file that the security matrix names is there', () => {
  const files = [...matrix.matchAll(/`((?:\.\.\/|src\/|test\/)[\w./-]+\.ts)`/g)].map(([, file = '']) => file);
  expect(files.length).toBeGreaterThan(80);
  expect(files.filter((file) => !existsSync(join(packageRoot, file)))).toEqual([]);
});
