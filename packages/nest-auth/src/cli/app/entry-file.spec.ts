import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { entryFile } from './entry-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'entry-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

describe('the entry of an app', () => {
  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['dist/main.js by default', { 'dist/main.js': '' }, 'dist/main.js'],
    [
      'by the name of nest-cli.json',
      { 'nest-cli.json': '{"entryFile":"server"}', 'dist/server.js': '' },
      'dist/server.js',
    ],
    ['below the folder of the sources', { 'nest-cli.json': '{}', 'dist/src/main.js': '' }, 'dist/src/main.js'],
    [
      'for the default app of a monorepo',
      { 'nest-cli.json': '{"root":"apps/shop","sourceRoot":"apps/shop/src"}', 'dist/apps/shop/main.js': '' },
      'dist/apps/shop/main.js',
    ],
    ['by the package', { 'package.json': '{"main":"./out/app.js"}', 'out/app.js': '' }, 'out/app.js'],
    [
      'by the package, without an ending and beside a folder of its name',
      { 'package.json': '{"main":"out/app"}', 'out/app.js': '', 'out/app/index.d.ts': '' },
      'out/app.js',
    ],
    ['not by a file that cannot be read', { 'nest-cli.json': '// comment', 'dist/main.js': '' }, 'dist/main.js'],
  ])('is found %s', (_, files, found) => {
    write(files);
    expect(entryFile(folder, undefined)).toBe(join(folder, found));
  });

  test('is the one that is named, and no other', () => {
    write({ 'dist/main.js': '', 'dist/other.js': '' });
    expect(entryFile(folder, 'dist/other.js')).toBe(join(folder, 'dist/other.js'));
    expect(entryFile(folder, 'dist/other')).toBe(join(folder, 'dist/other.js'));
    expect(() => entryFile(folder, 'dist/none.js')).toThrow(/^There is no dist\/none\.js\. Build the app first/);
  });

  test.each<[Readonly<Record<string, string>>, string | undefined, RegExp]>([
    [{}, undefined, /^There is no dist\/main\.js, nor dist\/src\/main\.js\. Build the app first \(nest build\)/],
    [{ 'src/main.ts': '' }, 'src/main.ts', /is TypeScript\. Build the app first/],
    [{ 'dist/main.js': 'log("Starting Nest application...")' }, undefined, /is a bundle with @nestjs\/core in it/],
  ])('%j with %j is refused', (files, given, message) => {
    write(files);
    expect(() => entryFile(folder, given)).toThrow(message);
  });
});
