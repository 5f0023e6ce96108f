// Runs the stories of who may call what over every transport that Nest has, and prints the table. Expects a build.
import { pnpm } from './pnpm.mjs';

const { ok } = await pnpm([
  '--filter',
  '@acme/nest-auth-transport-tests',
  'run',
  'test:transports',
  ...process.argv.slice(2),
]);
process.exitCode = ok ? 0 : 1;
