import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../../..');

/** What `npm run reference` would write, compared with what is there. */
function check(...more: string[]): { status: number | null; problems: string[] } {
  const script = join(ROOT, 'scripts/reference.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--check', ...more], { cwd: ROOT, encoding: 'utf8' });
  return { status, problems: stderr.split('\n').filter((line) => line !== '') };
}

test('docs/reference and the interfaces of the options are what the tables say', () => {
  expect(check()).toEqual({ status: 0, problems: [] });
});

test('a file that is not what the tables say is named, with the remedy', () => {
  const empty = mkdtempSync(join(tmpdir(), 'reference-'));
  try {
    const { status, problems } = check('--into', empty);
    expect(status).toBe(1);
    expect(problems).toEqual(
      [
        'packages/nest-auth/src/options/auth-options.ts',
        'packages/nest-auth/src/options/resource-server-options.ts',
        'packages/nest-auth/src/module/extras.ts',
        'docs/reference/options.md',
        'docs/reference/errors.md',
      ].map((path) => `${path} is not what the tables say; run npm run reference`),
    );
  } finally {
    rmSync(empty, { recursive: true });
  }
});
