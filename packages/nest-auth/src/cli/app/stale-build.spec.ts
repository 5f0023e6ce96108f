import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { staleBuild } from './stale-build.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stale-build-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** @param time in seconds since the epoch */
function write(path: string, time: number): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), '');
  utimesSync(join(folder, path), time, time);
}
const warning = () => staleBuild(folder, join(folder, 'dist/main.js'));

test('a source that is newer than everything built is named', () => {
  write('dist/main.js', 100);
  write('dist/notes/notes.js', 200);
  write('src/main.ts', 100);
  write('src/notes/notes.ts', 201);
  expect(warning()).toBe(`${join('src', 'notes', 'notes.ts')} is newer than the build in dist. Build the app first.`);
});

test('a build of a few files is new enough, since compilers leave the others alone', () => {
  write('dist/main.js', 100);
  write('dist/notes/notes.js', 200);
  write('src/notes/notes.ts', 199);
  expect(warning()).toBeUndefined();
});

test('an entry among the sources is not a build', () => {
  write('src/old/main.mjs', 100);
  write('src/notes.ts', 200);
  expect(staleBuild(folder, join(folder, 'src/old/main.mjs'))).toBeUndefined();
});

test('tests and declarations are not built, and an app without sources is not judged', () => {
  write('dist/main.js', 100);
  expect(warning()).toBeUndefined();
  write('src/main.spec.ts', 300);
  write('src/globals.d.ts', 300);
  expect(warning()).toBeUndefined();
});
