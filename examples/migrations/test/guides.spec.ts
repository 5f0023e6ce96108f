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

  test('shows the new module as it is', () => {
    const [, shown = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
    const code = read('examples/migrations/src', app, 'after/auth.module.ts');
    const declaration = (text: string) => text.slice(text.search(/^(export )?const /m));
    expect(declaration(shown).trim()).toBe(declaration(code).trim());
    expect(page).toContain(`${linesOf(code)} lines`);
  });
});

test('the guide from Passport adds up', () => {
  const page = read('docs/guides/coming-from-passport.md');
  const lines = [...page.matchAll(/^\| `[\w.-]+\.ts` \| (\d+) \|/gm)].map(([, count]) => Number(count));
  expect(page).toContain(`| all seven | ${lines.reduce((sum, one) => sum + one, 0)} |`);
});
