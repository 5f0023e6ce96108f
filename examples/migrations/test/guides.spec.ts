import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../..');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const linesOf = (text: string) => text.trimEnd().split('\n').length;

describe.each([
  ['coming-from-passport', 'passport-by-hand', 7],
  ['coming-from-nestjs-jwt', 'nestjs-jwt', 3],
  ['coming-from-keycloak-or-auth0', 'keycloak', 3],
])('the guide %s', (guide, app, count) => {
  const page = read('docs/guides', `${guide}.md`);
  const before = join('examples/migrations/src', app, 'before');
  const counted = [...page.matchAll(/^\| `([\w.-]+\.ts)` \| (\d+) \|/gm)].map(([, name = '', lines]) => [
    name,
    Number(lines),
  ]);

  test('counts the lines of each file that goes', () => {
    expect(counted).toHaveLength(count);
    expect(counted).toEqual(counted.map(([name]) => [name, linesOf(read(before, String(name)))]));
  });

  test('names every file of the old app that has to do with logins', () => {
    const files = readdirSync(join(ROOT, before)).filter((name) => /auth|strategy|guard/.test(name));
    const named = counted.map(([name]) => name);
    expect(files.filter((name) => !page.includes(`\`${name}\``) || !named.includes(name))).toEqual([]);
  });

  test('counts the lines of the new module', () => {
    const code = read('examples/migrations/src', app, 'after/auth.module.ts');
    expect(page).toContain(`${linesOf(code)} lines`);
  });
});

test('the guide from Passport adds up', () => {
  const page = read('docs/guides/coming-from-passport.md');
  const lines = [...page.matchAll(/^\| `[\w.-]+\.ts` \| (\d+) \|/gm)].map(([, count]) => Number(count));
  expect(page).toContain(`| all seven | ${lines.reduce((sum, one) => sum + one, 0)} |`);
});

/** What a file or a block has below its imports. */
const below = (text: string) => text.slice(text.search(/^(export )?(const|function) |^@/m)).trim();
const blocksOf = (page: string) => [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => below(code));

test.each([
  ['coming-from-passport', 0, 'passport-by-hand/after/auth.module.ts'],
  ['coming-from-passport', 1, 'passport-by-hand/after/old-refresh-tokens.ts'],
  ['coming-from-nestjs-jwt', 0, 'nestjs-jwt/after/auth.module.ts'],
  ['coming-from-keycloak-or-auth0', 0, 'keycloak/after/auth.module.ts'],
  ['coming-from-better-auth', 0, 'better-auth/after/auth.module.ts'],
  ['coming-from-better-auth', 1, 'better-auth/after/old-sessions.ts'],
])('the guide %s shows, as block %i, what is in %s', (guide, index, file) => {
  const shown = blocksOf(read('docs/guides', `${guide}.md`))[index] ?? '';
  expect(shown.length).toBeGreaterThan(100);
  expect(read('examples/migrations/src', file)).toContain(shown);
});
