import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const PACKAGE = join(import.meta.dirname, '..');

// Nest's preview mode calls that factory, and no other one.
test('the policy command lists resolvers whose GraphQLModule gets its options from a provider', async () => {
  const cli = join(PACKAGE, 'node_modules/@acme/nest-auth/dist/cli.js');
  const args = [cli, 'policy', 'src/graphql-policy-app/main.mjs', '--table'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: PACKAGE });
  expect(stdout).toMatch(/^Query notes +authenticated +nobody +NotesResolver\.notes$/m);
  expect(stdout).toMatch(/^Field Note\.author +authenticated +nobody +NotesResolver\.author$/m);
  expect(stderr).toBe('');
}, 60_000);
