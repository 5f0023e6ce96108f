// Installs, builds and runs the benchmarks. Arguments go to bench.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, pnpm, root, run } from './pnpm.mjs';

const withItsPackages = ['--filter', '@acme/nest-auth-bench...'];
const peers = join(root, 'bench/.peers');

await Promise.all([buildPackages(), installPeers()]);
const { code } = await pnpm([
  '--filter',
  '@acme/nest-auth-bench',
  '--silent',
  'run',
  'bench',
  ...process.argv.slice(2),
]);
process.exit(code);

async function buildPackages() {
  for (const step of [() => install(withItsPackages), () => pnpm([...withItsPackages, 'run', 'build'])]) {
    const { ok, output, code } = await step();
    if (ok) continue;
    console.error(output);
    process.exit(code);
  }
}

/** Only the benchmarks need it, so it is not in the workspace. If it cannot be installed, bench says so. */
async function installPeers() {
  const entry = join(peers, 'better-auth.mjs');
  mkdirSync(peers, { recursive: true });
  rmSync(entry, { force: true });
  writeFileSync(join(peers, 'package.json'), '{ "private": true, "dependencies": { "better-auth": "1.7.7" } }\n');
  const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline', '--omit=peer'];
  const { ok } = await run('npm', ['install', ...flags], { cwd: peers, capture: true });
  if (!ok) return;
  writeFileSync(
    entry,
    `export { betterAuth } from 'better-auth';
export { memoryAdapter } from 'better-auth/adapters/memory';
export { fromNodeHeaders } from 'better-auth/node';
`,
  );
}
