import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listPolicies, Public, policyLock, Roles } from '@acme/nest-auth';
import { toMatchAuthPolicy } from '@acme/nest-auth/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { startApp, type TestApp } from '../../support/app.js';

@Controller('notes')
class NotesController {
  @Roles('admin')
  @Get()
  list() {
    return [];
  }
  @Public()
  @Get('open')
  open() {
    return [];
  }
}

describe('toMatchAuthPolicy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'auth-policy-'));
  const file = join(folder, 'auth-policy.json');
  let running: TestApp;
  beforeAll(async () => {
    running = await startApp({ routes: false, controllers: [NotesController] });
  });
  afterAll(async () => {
    await running.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('passes for an app that is as its lockfile says', () => {
    writeFileSync(file, policyLock(listPolicies(running.app)));
    expect(toMatchAuthPolicy(running.app, file).pass).toBe(true);
  });

  test('shows the lines that have changed', () => {
    writeFileSync(file, '{ "GET /notes": "public", "GET /notes/open": "public", "POST /gone": "authenticated" }');
    const { pass, message } = toMatchAuthPolicy(running.app, file);
    expect([pass, message().split('\n')]).toEqual([
      false,
      [
        `The policies are not those of ${file}:`,
        '',
        '- POST /gone: authenticated',
        '- GET /notes: public',
        '+ GET /notes: authenticated; role admin',
        '',
        'If this is meant, write it with: npx nest-auth policy',
      ],
    ]);
  });

  test('fails for an app without a lockfile, with .not too, and says how to write one', () => {
    const none = join(folder, 'none.json');
    expect(() => toMatchAuthPolicy(running.app, none)).toThrow(
      `There is no ${none}; write it with: npx nest-auth policy`,
    );
  });
});
