// The library's own suite on Nest 11: a copy of the workspace with older versions of Nest's packages, type-checked and
// tested on Express, Fastify and every other transport.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pnpm, root, run } from './pnpm.mjs';
import { STORY_SETTINGS } from './story-settings.mjs';

/** The packages whose suites run. Each of their dependencies on @nestjs/* must be in the list below. */
const PACKAGES = ['packages/nest-auth', 'tests/enterprise', 'tests/social', 'tests/transports'];

/** All packages of Nest that may be installed. */
const NEST = {
  '@nestjs/apollo': '13.4.5',
  '@nestjs/common': '11.2.10',
  '@nestjs/config': '4.0.4',
  '@nestjs/core': '11.2.10',
  '@nestjs/graphql': '13.4.5',
  '@nestjs/jwt': '11.0.2',
  '@nestjs/mapped-types': '2.1.1',
  '@nestjs/mercurius': '13.4.5',
  '@nestjs/microservices': '11.2.6',
  '@nestjs/passport': '11.0.5',
  '@nestjs/platform-express': '11.2.10',
  '@nestjs/platform-fastify': '11.2.8',
  '@nestjs/platform-socket.io': '11.2.6',
  '@nestjs/platform-ws': '11.2.6',
  '@nestjs/swagger': '11.4.7',
  '@nestjs/testing': '11.2.6',
  '@nestjs/throttler': '6.7.1',
  '@nestjs/websockets': '11.2.6',
};

/** Packages that Nest 11 loads and Nest 12 does not. */
const PEERS = { 'tests/transports': { nats: '2.29.3' } };

/**
 * The scripts that run in each of them; `node scripts/nest-11.mjs build test:e2e` runs only these. Unit tests are left
 * out, because `types` checks what they use of Nest.
 */
const SCRIPTS = ['build', 'types', 'test:e2e', 'test:e2e:fastify', 'test:e2e:transport', 'test:transports'];

/** What `--stories` runs instead: the library's stories in every combination. */
const STORIES = ['build', 'test:e2e', 'test:e2e:transport'];

const named = process.argv.slice(2);
const everywhere = named.includes('--stories');
const scripts = everywhere ? STORIES : named.length > 0 ? named : SCRIPTS;

/** Arguments of the script of this name. Published packages have declarations; `types` reads the sources. */
const ARGUMENTS = { build: ['--no-dts'] };

/** The packages that run the script of this name, if not all do. */
const FILTERS = everywhere
  ? { 'test:e2e': ['--filter', '@acme/nest-auth'] }
  : // The library's stories run on Fastify by cookie.
    { 'test:e2e:fastify': ['--filter', './tests/*', '--fail-if-no-match'] };

/** The script of this name runs once with each of these. */
const SETTINGS = everywhere ? STORY_SETTINGS : { 'test:e2e:transport': [{ TRANSPORT: 'cookie', HTTP: 'fastify' }] };

const temp = mkdtempSync(join(tmpdir(), 'nest-auth-nest-11-'));
try {
  process.exitCode = (await main()) ? 0 : 1;
} finally {
  rmSync(temp, { recursive: true, force: true });
}

async function main() {
  await copy();
  narrow();
  for (const path of PACKAGES) turnBack(join(temp, path, 'package.json'), PEERS[path]);
  // The lockfile still decides all versions of packages that are not Nest's.
  if (!(await step('install', ['install', '--no-frozen-lockfile', '--prefer-offline']))) return false;
  const others = strangers();
  if (others.length > 0) {
    console.log(`This would not be a test on Nest 11:\n${others.join('\n')}`);
    return false;
  }
  let ok = true;
  for (const script of scripts)
    for (const settings of SETTINGS[script] ?? [{}]) ok = (await step(script, argumentsOf(script), settings)) && ok;
  return ok;
}

function argumentsOf(script) {
  return ['--recursive', '--no-bail', ...(FILTERS[script] ?? []), 'run', script, ...(ARGUMENTS[script] ?? [])];
}

/** All files that git knows or would add: uncommitted changes count, and some tests read the whole repository. */
async function copy() {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const { ok, output } = await run('git', list, { capture: true });
  if (!ok) throw new Error(`The files could not be listed:\n${output}`);
  for (const file of output.split('\0')) {
    // Deleted, and not yet committed.
    if (file === '' || !existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(temp, file)), { recursive: true });
    copyFileSync(join(root, file), join(temp, file));
  }
}

/** Leaves only our packages to install, and the tools for generated files, because a test generates them again. */
function narrow() {
  const manifest = join(temp, 'package.json');
  const { dependencies, devDependencies: all } = JSON.parse(readFileSync(manifest, 'utf8'));
  const devDependencies = { '@biomejs/biome': all['@biomejs/biome'], typescript: dependencies.typescript };
  writeFileSync(manifest, JSON.stringify({ name: 'nest-11', private: true, devDependencies }));
  const file = join(temp, 'pnpm-workspace.yaml');
  const packages = PACKAGES.map((path) => `  - ${path}\n`).join('');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^packages:\n(?: {2}- .*\n)+/, `packages:\n${packages}`));
}

function turnBack(file, peers) {
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  for (const dependencies of [manifest.dependencies ?? {}, manifest.devDependencies]) {
    for (const name of Object.keys(dependencies)) {
      if (!name.startsWith('@nestjs/')) continue;
      if (!NEST[name]) throw new Error(`${file}: add ${name}, in its version for Nest 11, to scripts/nest-11.mjs.`);
      dependencies[name] = NEST[name];
    }
  }
  Object.assign(manifest.devDependencies, peers);
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The installed packages of Nest, also indirect ones, whose version is not the version in the list. */
function strangers() {
  const locked = readFileSync(join(temp, 'pnpm-lock.yaml'), 'utf8').matchAll(/^ {2}'(@nestjs\/[\w-]+)@([\w.-]+)':$/gm);
  const linked = PACKAGES.map((path) => {
    const manifest = join(temp, path, 'node_modules/@nestjs/core/package.json');
    return [path, '@nestjs/core', JSON.parse(readFileSync(manifest, 'utf8')).version];
  });
  return [...[...locked].map(([, ...found]) => ['pnpm-lock.yaml', ...found]), ...linked]
    .filter(([, name, version]) => NEST[name] !== version)
    .map(([where, name, version]) => `${where}: ${name} ${version}, expected ${NEST[name] ?? 'none'}`);
}

/** The stories run on the published build, which bundles its CommonJS dependencies and takes Nest from the app. */
function built(script) {
  return script.startsWith('test:e2e') ? { BUILT: '1' } : {};
}

async function step(name, args, settings = {}) {
  const started = Date.now();
  const { ok, output } = await pnpm(args, {
    cwd: temp,
    capture: true,
    env: { CI: 'true', ...built(name), ...settings },
  });
  console.log(
    `Nest 11, ${[name, ...Object.values(settings)].join(' ')}: ${ok ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
  );
  if (!ok) console.log(output);
  return ok;
}
