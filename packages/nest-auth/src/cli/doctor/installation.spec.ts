import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { installationOf } from './installation.js';

let app: string;
beforeEach(() => {
  app = mkdtempSync(join(tmpdir(), 'installation-'));
});
afterEach(() => rmSync(app, { recursive: true }));

function install(name: string, version: string): void {
  const folder = join(app, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version }));
}

test("the library's own installation has no problem", () => {
  const { facts, problems } = installationOf(import.meta.dirname);
  expect(problems).toEqual([]);
  expect(facts).toMatchObject({ Node: process.version, Nest: expect.stringMatching(/^1[12]\./) });
});

test('a second copy of Nest is named with both versions', () => {
  for (const name of ['@nestjs/common', 'reflect-metadata']) install(name, '1.0.0');
  install('@nestjs/core', '11.0.1');
  const { problems } = installationOf(join(app, 'dist'));
  expect(problems.join('\n')).toMatch(
    /two copies of @nestjs\/core, 11\.0\.1 for the app and 1[12]\.\S+ for @acme\/nest-auth, .* npm dedupe/,
  );
});

test('a missing package, an old Nest and an old Node are named with the remedy', () => {
  install('@nestjs/core', '10.4.0');
  const { problems } = installationOf(app, 'v20.18.3');
  expect(problems).toEqual(
    expect.arrayContaining([
      'Node v20.18.3 is too old: update it to 20.19 or later.',
      'The app does not have @nestjs/common: npm i @nestjs/common',
      'Nest 10.4.0 is too old: update it to 11 or 12.',
    ]),
  );
});

test.each(['v20.19.0', 'v22.0.0', 'v24.9.0'])('Node %s is new enough', (node) => {
  expect(installationOf(import.meta.dirname, node).problems).toEqual([]);
});

test('a command of another copy of the library says so', () => {
  install('@acme/nest-auth', '9.9.9');
  expect(installationOf(app).problems.join('\n')).toContain(
    `the app uses ${join(app, 'node_modules/@acme/nest-auth')}`,
  );
});
