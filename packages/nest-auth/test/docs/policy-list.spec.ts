import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listPolicies, policyDiff, policyLock } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { USAGE } from '../../src/cli/command-line.js';
import { policyGraph } from '../../src/cli/policy/policy-graph.js';
import { policyTable } from '../../src/cli/policy/policy-table.js';
import { startApp } from '../support/app.js';
import { runDocumented } from '../support/documented.js';

const ROOT = join(import.meta.dirname, '../../../..');
const GUIDE = 'docs/guides/policy-list.md';
const guide = readFileSync(join(ROOT, GUIDE), 'utf8');
const blocks = (language: string) =>
  [...guide.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text);

@Controller('bare')
class Bare {
  @Get()
  bare() {
    return {};
  }
}

describe('the guide', () => {
  test('shows what the command prints about `policy`', () => {
    expect(blocks('text')).toEqual([USAGE.split('\nnest-auth doctor')[0]]);
  });

  test('explains every finding, and no other', () => {
    const source = readFileSync(join(ROOT, 'packages/nest-auth/src/policies/policy-list.ts'), 'utf8');
    const [, union = ''] = /PolicyFindingCode =([\s\S]*?);/.exec(source) ?? [];
    const [, table = ''] = guide.split('| finding | means |');
    const explained = [...(table.split('\n\n')[0] ?? '').matchAll(/`(\w+_?\w+)`(?=[^|]*\| )/g)].map(([, code]) => code);
    expect(explained).toEqual([...union.matchAll(/'(\w+)'/g)].map(([, code]) => code));
  });

  test('shows a lockfile, and what the diff says if one of its routes is opened', () => {
    const [lock = ''] = blocks('json');
    const opened = lock.replace('"authenticated; permission notes:write"', '"public"');
    expect(`${policyDiff(lock, opened)}\n`).toBe(blocks('diff')[0]);
  });

  test('configures a check that refuses an undeclared handler', async () => {
    const secrets = {
      access: 'F1xedAccessKeyOfTheTestingModule-neverInProduction',
      refresh: 'F1xedRefreshKeyOfTheTestingModule-neverInProduction',
    };
    const before = `globalThis.secrets = ${JSON.stringify(secrets)};`;
    const { auth } = await runDocumented<{ auth: object }>(GUIDE, 'export const auth', before);
    const { Test } = await import('@nestjs/testing');
    const moduleRef = await Test.createTestingModule({ imports: [auth as never] }).compile();
    await expect(moduleRef.createNestApplication({ logger: false }).init()).rejects.toThrow(
      /stale_entry: policy\.allowPublic names 'POST \/webhooks\/stripe'[\s\S]*stale_entry: policy\.guardsBefore names 'ThrottlerGuard'/,
    );
  });

  test('counts a handler without a guard as open, in the table and in the graph', async () => {
    const { app, close } = await startApp({ routes: {}, globalGuard: false, controllers: [Bare] });
    const list = listPolicies(app);
    await close();
    const bare = { ...list, entries: list.entries.filter(({ isOwn }) => !isOwn) };
    expect(policyTable(bare)).toMatch(
      /! not_guarded: [\s\S]*GET \/bare +not guarded; authenticated +nobody +Bare\.bare/,
    );
    expect(policyTable(bare)).toMatch(/\n1 handler, 1 of them open, 1 finding$/);
    expect(policyGraph(bare)).toContain('<circle class="open"');
    expect(policyGraph(bare)).not.toContain('<circle class="users"');
  });

  test('lists the routes outside the guard in the table', async () => {
    const answer = (_: unknown, response: { send(text: string): void }) => response.send('open');
    const { app, close } = await startApp({
      routes: false,
      controllers: [Bare],
      configure: (one) => one.getHttpAdapter().get('/health', answer),
    });
    const table = policyTable(listPolicies(app));
    await close();
    expect(table).toMatch(/^GET \/health +outside the guard$/m);
    expect(table).toMatch(/\n1 handler, 0 of them open, 1 route outside the guard, 0 findings$/);
  });

  test('lists the open routes of an app', async () => {
    const { openRoutes } = await runDocumented<{ openRoutes: (app: unknown) => string[] }>(
      GUIDE,
      'function openRoutes',
    );
    const { app, close } = await startApp();
    expect(openRoutes(app)).toContain('POST /auth/login (AuthController.login)');
    expect(policyLock(listPolicies(app))).toContain('"POST /auth/login": "public"');
    await close();
  });
});
