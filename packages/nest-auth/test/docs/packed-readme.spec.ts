import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const ROOT = resolve(import.meta.dirname, '../../../..');
const PACKAGE = join(import.meta.dirname, '.generated-package');

const linksOf = (page: string): string[] =>
  [...page.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = '']) => target);
const codeOf = (page: string): string[] => page.match(/^```[\s\S]*?^```$/gm) ?? [];

describe('the README that a package is packed with', () => {
  const authored = readFileSync(join(ROOT, 'README.md'), 'utf8');
  let packed = '';

  beforeAll(() => {
    mkdirSync(PACKAGE, { recursive: true });
    const script = join(ROOT, 'scripts/copy-root-files.mjs');
    execFileSync(process.execPath, [script, 'README.md', 'LICENSE'], { cwd: PACKAGE });
    packed = readFileSync(join(PACKAGE, 'README.md'), 'utf8');
  });
  afterAll(() => rmSync(PACKAGE, { recursive: true, force: true }));

  test('links to the same files as the README of the repository', () => {
    const intended = linksOf(authored).map((target) => join(ROOT, target));
    expect(intended.length).toBeGreaterThan(20);
    expect(linksOf(packed).map((target) => resolve(PACKAGE, target))).toEqual(intended);
    expect(linksOf(packed).filter((target) => !existsSync(join(PACKAGE, target)))).toEqual([]);
  });

  test('keeps anchors, code and links to other sites', () => {
    expect(packed.match(/#[\w-]+\)/g)).toEqual(authored.match(/#[\w-]+\)/g));
    expect(codeOf(packed)).toEqual(codeOf(authored));
    expect(packed.match(/\]\(https?:[^)]+\)/g)).toEqual(authored.match(/\]\(https?:[^)]+\)/g));
  });

  test('stands beside a copy of the licence', () => {
    expect(readFileSync(join(PACKAGE, 'LICENSE'), 'utf8')).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'));
  });
});

test.each([
  'nest-auth',
  'nest-auth-client',
  'nest-auth-drizzle',
  'nest-auth-prisma',
  'nest-auth-redis',
  'nest-auth-typeorm',
])('%s names its folder, from which npm resolves the links of its README', (name) => {
  const { repository } = JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'));
  expect(repository.directory).toBe(`packages/${name}`);
});
