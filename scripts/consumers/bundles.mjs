// The whole app as one minified file, by the commands and the configuration of docs/guides/bundling.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '../pnpm.mjs';
import { problemOfBoot, problemOfRefusal } from './boot.mjs';
import { npmAdd, succeeded } from './workspace.mjs';

const page = readFileSync(join(root, 'docs/guides/bundling.md'), 'utf8');
const [, packages, command, bundle] = found(/^npm i -D (.+)\nnpm run build\nnpx (esbuild .+)\nnode (.+)$/m);
const [, config] = found(/^```js\n([\s\S]+?)^```$/m);

/** Expects the app to be built. @throws {Error} with the output of a bundler or a bundle */
export async function tryBundles(cwd, { webpack }) {
  await npmAdd(cwd, packages.split(' '));
  for (const keepNames of [[], ['--keep-names']]) {
    succeeded(command, await run('npx', [...command.split(' '), ...keepNames], { cwd, capture: true }));
    await tryBundle(cwd, bundle, command);
  }
  if (!webpack) return;
  writeFileSync(join(cwd, 'webpack.config.js'), config);
  succeeded('nest build --webpack', await run('npx', ['nest', 'build', '--webpack'], { cwd, capture: true }));
  await tryBundle(cwd, 'dist/main.js', 'webpack');
}

async function tryBundle(cwd, file, bundler) {
  const node = { path: process.execPath, env: {} };
  const problem = (await problemOfBoot(cwd, node, file)) ?? (await problemOfRefusal(cwd, node, file));
  if (problem) throw new Error(`The bundle of ${bundler} failed:\n${problem}`);
}

function found(pattern) {
  const match = pattern.exec(page);
  if (!match) throw new Error(`docs/guides/bundling.md has changed: nothing matches ${pattern}.`);
  return match;
}
