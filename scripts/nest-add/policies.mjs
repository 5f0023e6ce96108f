// `npx nest-auth policy` on builds of Nest's own CLI: by tsc, which is its default, and by another builder.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { succeeded } from '../consumers/workspace.mjs';
import { run } from '../pnpm.mjs';

const TAKES_AT_MOST = 120_000;
const OPENED = ['- GET /: authenticated', '+ GET /: public'];

/** The packages that a builder needs besides those of the CLI. */
export const PACKAGES = {
  webpack: [],
  swc: ['@swc/cli', '@swc/core'],
  rspack: ['@rspack/core', 'ts-loader', 'webpack-node-externals', 'tsconfig-paths-webpack-plugin'],
};

/**
 * Asserts that the other builder's app has the same policies as tsc's. Its check must show the one route that is
 * opened: `GET /`, which `nest add` has made public. Expects the app to be built by tsc.
 * @throws {Error} with the output of the command
 */
export async function expectPolicies(cwd, { builder, env }) {
  const controller = join(cwd, 'src/app.controller.ts');
  const opened = readFileSync(controller, 'utf8');
  const npx = (...args) => run('npx', ['--no-install', ...args], { cwd, env, capture: true, timeout: TAKES_AT_MOST });
  const succeed = async (...args) => succeeded(`${args.join(' ')} (${builder})`, await npx(...args));
  await succeed('nest-auth', 'policy', '--file', 'of-tsc.json');

  writeFileSync(controller, opened.replace(/@Public\(\)\s*/, ''));
  await succeed('nest', 'build', '--builder', builder);
  await succeed('nest-auth', 'policy');
  await succeed('nest-auth', 'policy', '--check');

  writeFileSync(controller, opened);
  await succeed('nest', 'build', '--builder', builder);
  await succeed('nest-auth', 'policy', '--check', '--file', 'of-tsc.json');
  const { code, output } = await npx('nest-auth', 'policy', '--check');
  const lines = output.split('\n').filter((line) => /^[-+] /.test(line));
  if (code !== 1 || lines.join() !== OPENED.join())
    throw new Error(`A route of the app is opened, and the check says (${builder}, ${code}):\n${output}`);
}
