// Runs the browser tests in a real Chromium. CI installs Debian's package if it is missing; elsewhere a missing
// Chromium is a failure.
import { existsSync } from 'node:fs';
import { pnpm, run } from './pnpm.mjs';

const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
const apt = (...args) => run('apt-get', args, { capture: true });

if (process.env.CI === 'true' && !existsSync(chromium)) {
  await apt('update');
  const { ok, output } = await apt('install', '--yes', '--no-install-recommends', 'chromium');
  if (!ok) console.log(output);
}
const { ok } = await pnpm(['--filter', '@acme/nest-auth-browser-tests', 'run', 'test:browser']);
process.exitCode = ok ? 0 : 1;
