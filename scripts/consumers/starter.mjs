// The app that `nest new` makes, with the library added the way a user would, tested by the runner that it brings.
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { root, run } from '../pnpm.mjs';
import { problemOfBoot } from './boot.mjs';
import { tryBundles } from './bundles.mjs';
import { matcherTypes } from './matcher-types.mjs';
import { typeCheck } from './type-check.mjs';
import { ADAPTERS, installedBy, newPackage, npmAdd, npmInstall, succeeded, templates } from './workspace.mjs';

const SCRIPT_TAKES_AT_MOST = 180_000;
/** A switch that jest and vitest share: five seconds are short on a busy machine. */
const PATIENTLY = ['--', '--testTimeout=60000'];

/** Makes the app, installs it, adds the library, type-checks and bundles the whole. Done once for all versions of Node. */
export async function prepareStarter({ nest, type, adapters }, { workspace, packed }) {
  const cwd = join(workspace, `${nest}-starter-${type}`);
  await nestNew(cwd, { nest, type });
  const bare = `${cwd}-bare`;
  const node_modules = join(cwd, 'node_modules');
  cpSync(cwd, bare, { recursive: true, filter: (path) => path !== node_modules });

  await npmInstall(cwd);
  symlinkSync(node_modules, join(bare, 'node_modules'), 'junction');
  const typesOfBare = readdirSync(join(node_modules, '@types'));
  // As a user pastes it: alone, and after the app was installed.
  await npmAdd(cwd, installedBy('README.md', packed));
  const optional = ['@node-rs/argon2', ...(adapters ? ADAPTERS.flatMap((page) => installedBy(page, packed)) : [])];
  await npmAdd(cwd, optional);

  addOurs(cwd, { type, adapters });
  const tsc = join(node_modules, 'typescript/bin/tsc');
  await typeCheck(tsc, { cwd, args: ['--noEmit', '--incremental', 'false'] });
  succeeded('npm run build', await npmRun('build', cwd, { env: {} }));
  const policy = ['--no-install', 'nest-auth', 'policy', 'dist/create-app.js'];
  succeeded('nest-auth policy', await run('npx', policy, { cwd, capture: true }));
  await tryBundles(cwd, { webpack: nest === 'nest-11' });
  return { cwd, bare, typesOfBare };
}

/** `nest new` has no option for the module format but asks for it. So this calls the schematic that it calls next. */
export async function nestNew(cwd, { nest, type }) {
  // The CLI is in each app's own packages anyway: it is installed there, ahead of the app.
  newPackage(cwd, { dependencies: { '@nestjs/cli': `^${nest.slice('nest-'.length)}.0.0` } });
  await npmInstall(cwd);
  rmSync(join(cwd, 'package.json'));

  const schematics = join(cwd, 'node_modules/@angular-devkit/schematics-cli/bin/schematics.js');
  const format = nest === 'nest-11' ? [] : [`--type=${type}`];
  const args = [schematics, '@nestjs/schematics:application', `--name=${basename(cwd)}`, ...format, '--no-dry-run'];
  succeeded('nest new', await run(process.execPath, args, { cwd: dirname(cwd), capture: true }));
}

/** Writes the README's first program as the app's `main`, every file in `starter/`, and the changes that they need. */
function addOurs(cwd, { type, adapters }) {
  // The starters differ in how they write relative imports.
  const adapted = (text) =>
    type === 'esm' ? text : text.replace(/ from '(\.[^']+|supertest\/types)\.js'/g, " from '$1'");
  for (const folder of ['src', 'test']) {
    for (const file of readdirSync(join(templates, 'starter', folder))) {
      if (file === 'adapters.e2e-spec.ts' && !adapters) continue;
      writeFileSync(join(cwd, folder, file), adapted(readFileSync(join(templates, 'starter', folder, file), 'utf8')));
    }
  }
  const imports =
    "import { authentication } from './authentication.js';\nimport { NotesModule } from './notes.module.js';\n";
  edit(join(cwd, 'src/app.module.ts'), 'imports: []', 'imports: [authentication, NotesModule]', adapted(imports));
  edit(join(cwd, 'src/app.controller.ts'), '@Get()', '@Public() @Get()', "import { Public } from '@acme/nest-auth';\n");
  writeFileSync(join(cwd, 'src/main.ts'), firstProgram());
  writeFileSync(join(cwd, 'test/matcher-types.ts'), matcherTypes(type));
}

/** The README's program. It listens on any port, prints it, and takes further options from the environment. */
export function firstProgram() {
  const [, program] = /^```ts\n([\s\S]+?)^```$/m.exec(readFileSync(join(root, 'README.md'), 'utf8'));
  const listen =
    "(app) => app.listen(0, '127.0.0.1').then(async () => console.log('Listening on', await app.getUrl()))";
  const options = "secrets: { access, refresh }, ...JSON.parse(process.env.FURTHER_OPTIONS ?? '{}') }";
  const where = "the README's first program";
  return replaced(
    replaced(program, '(app) => app.listen(3000)', listen, where),
    'secrets: { access, refresh } }',
    options,
    where,
  );
}

function edit(file, before, after, imports = '') {
  writeFileSync(file, imports + replaced(readFileSync(file, 'utf8'), before, after, file));
}

function replaced(text, before, after, where) {
  if (!text.includes(before)) throw new Error(`It has changed: no \`${before}\` in ${where}:\n${text}`);
  return text.replace(before, after);
}

/** @returns `cannot` if Nest's own tests cannot run there. The app must still boot. */
export async function tryStarter({ jestCannot }, { cwd, bare }, node) {
  const cannot = jestCannot !== undefined && isBefore(node.version, jestCannot.before);

  // The bare starter must fail with this error too. On newer versions of Node it must pass.
  if (jestCannot) expectTests(await runTests(bare, node), bare, cannot && jestCannot.error, 'bare starter');
  const tests = await runTests(cwd, node);
  try {
    expectTests(tests, cwd, cannot && jestCannot.error, 'starter with the library');
  } catch (error) {
    if (!jestCannot) error.message += await whoseFault(bare, node);
    throw error;
  }

  const problem = await problemOfBoot(cwd, node);
  if (problem) throw new Error(`node dist/main failed:\n${problem}`);
  return cannot ? 'cannot' : 'ok';
}

export function npmRun(script, cwd, { env }, args = []) {
  return run('npm', ['run', script, ...args], { cwd, env, capture: true, timeout: SCRIPT_TAKES_AT_MOST });
}

function runTests(cwd, node) {
  return npmRun('test:e2e', cwd, node, PATIENTLY);
}

/** All tests must pass: a runner would also succeed if it found none, or skipped some. */
function expectTests({ ok, output }, cwd, error, who) {
  if (error) {
    if (ok) throw new Error(`The tests of the ${who} pass here. Excuse them no longer (jestCannot):\n${output}`);
    if (!error.test(output)) throw new Error(`The tests of the ${who} fail, but not with ${error}:\n${output}`);
    return;
  }
  const written = readdirSync(join(cwd, 'test'))
    .filter((file) => file.endsWith('.e2e-spec.ts'))
    .reduce((sum, file) => sum + readFileSync(join(cwd, 'test', file), 'utf8').match(/^ *it(\.\w+)?\(/gm).length, 0);
  const passed = Number(/^\s*Tests:?\s+(\d+) passed\b/m.exec(output)?.[1] ?? 0);
  if (!ok || passed !== written) throw new Error(`${passed} of ${written} tests of the ${who} passed:\n${output}`);
}

async function whoseFault(bare, node) {
  const { ok } = await runTests(bare, node);
  return `\nThe tests of the bare starter ${ok ? 'pass' : 'fail as well, without the library'}.`;
}

function isBefore(version, [major, minor]) {
  const [, ...of] = /^v(\d+)\.(\d+)/.exec(version).map(Number);
  return of[0] < major || (of[0] === major && of[1] < minor);
}
