// An app as `nest new` makes it, and `nest add` in it, by the CLI that the app brings.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nestNew, npmRun } from '../consumers/starter.mjs';
import { npmAdd, npmInstall, succeeded } from '../consumers/workspace.mjs';
import { run } from '../pnpm.mjs';
import { createDatabase } from './database.mjs';
import { expectPolicies, PACKAGES } from './policies.mjs';

const COMMAND_TAKES_AT_MOST = 240_000;
/** Five seconds are too short on a busy machine. Vitest counts hooks by themselves. */
const PATIENTLY = { cjs: ['--testTimeout=60000'], esm: ['--testTimeout=60000', '--hookTimeout=60000'] };
/** Prisma's CLI downloads an engine for migrations. `generate` does not use it, so any existing file works. */
const WITHOUT_ENGINE = { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };

/** The new app with the packed library in it, which is the first half of `nest add`. */
export async function makeApp({ nest, type, builder }, { workspace, packed }) {
  const cwd = join(workspace, `${nest}-${type}`);
  await nestNew(cwd, { nest, type });
  await npmInstall(cwd);
  await npmAdd(cwd, [packed['@acme/nest-auth'], ...PACKAGES[builder]]);
  const pristine = `${cwd}-pristine`;
  cpSync(cwd, pristine, { recursive: true, filter: (path) => path !== join(cwd, 'node_modules') });
  return { cwd, pristine };
}

/** Wires the app and runs its own build and tests. @throws {Error} with the output of the failed step */
export async function tryCell({ app, orm, transport }, { cwd, pristine }, { packed, node }) {
  restore(cwd, pristine);
  const adapter = packed[`@acme/nest-auth-${orm}`];
  if (adapter) setDependency(cwd, `@acme/nest-auth-${orm}`, adapter);
  const answers = [`--orm=${orm}`, `--transport=${transport}`];
  await nestAdd(cwd, node, answers);

  const database = orm === 'none' ? undefined : await createDatabase();
  try {
    const env = { ...node.env, ...WITHOUT_ENGINE, ...(database ? { DATABASE_URL: database.url } : {}) };
    await prepare(orm, cwd, { env, database });
    // Neither the build nor the test runners check the types of tests.
    await npx(cwd, env, ['tsc', '--noEmit', '--incremental', 'false']);
    succeeded('npm run build', await npmRun('build', cwd, { env }));
    // Without an engine Prisma cannot migrate before the tests.
    const args = [...(orm === 'prisma' ? ['--ignore-scripts'] : []), '--', ...PATIENTLY[app.type]];
    expectTests(cwd, await npmRun('test:e2e', cwd, { env }, args));
    await expectDoctor(cwd, env);
  } finally {
    await database?.drop();
  }
  await expectPolicies(cwd, { builder: app.builder, env: node.env });
  await expectSame(cwd, () => nestAdd(cwd, node, answers));
}

/** The steps that `nest add` tells the developer to do before the tests. */
async function prepare(orm, cwd, { env, database }) {
  if (orm === 'prisma') {
    await npx(cwd, env, ['prisma', 'generate']);
    const [migration] = readdirSync(join(cwd, 'prisma/migrations')).filter((name) => name.endsWith('_auth_tables'));
    await database.query(readFileSync(join(cwd, 'prisma/migrations', migration, 'migration.sql'), 'utf8'));
  }
  if (orm === 'drizzle') {
    const output = await npx(cwd, env, ['drizzle-kit', 'generate']);
    if (!/No schema changes/.test(output)) throw new Error(`The migration is not that of the schema:\n${output}`);
  }
}

async function npx(cwd, env, args) {
  const options = { cwd, env, capture: true, timeout: COMMAND_TAKES_AT_MOST };
  return succeeded(args.join(' '), await run('npx', ['--no-install', ...args], options));
}

async function nestAdd(cwd, { path, env }, answers) {
  const cli = join(cwd, 'node_modules/@nestjs/cli/bin/nest.js');
  const args = [cli, 'add', '@acme/nest-auth', '--skip-install', ...answers];
  const options = { cwd, env, capture: true, timeout: COMMAND_TAKES_AT_MOST };
  const output = succeeded('nest add', await run(path, args, options));
  if (/ERR!|\bpeer\b/i.test(output)) throw new Error(`nest add did not install:\n${output}`);
  return output;
}

/** Restores the app, but keeps the installed packages. */
function restore(cwd, pristine) {
  for (const name of readdirSync(cwd)) {
    if (name !== 'node_modules') rmSync(join(cwd, name), { recursive: true, force: true });
  }
  cpSync(pristine, cwd, { recursive: true });
}

/** The adapter comes from the packed file, because a registry may not have this version. */
function setDependency(cwd, name, version) {
  const file = join(cwd, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  manifest.dependencies[name] = version;
  writeFileSync(file, JSON.stringify(manifest, null, 2));
}

function expectTests(cwd, { ok, output }) {
  const written = readdirSync(join(cwd, 'test'))
    .filter((file) => file.endsWith('.e2e-spec.ts'))
    .reduce((sum, file) => sum + readFileSync(join(cwd, 'test', file), 'utf8').match(/^ *it\(/gm).length, 0);
  const passed = Number(/^\s*Tests:?\s+(\d+) passed\b/m.exec(output)?.[1] ?? 0);
  if (!ok || passed !== written || written < 4) throw new Error(`${passed} of ${written} tests passed:\n${output}`);
}

/** Asserts that `doctor` finds no problem in the built app, and that each store answers. */
async function expectDoctor(cwd, env) {
  const output = await npx(cwd, env, ['nest-auth', 'doctor']);
  const answering = output.match(/^(User|Session|Ephemeral|Credential)Store +answers$/gm) ?? [];
  if (answering.length !== 4 || !output.includes('No problem was found.')) throw new Error(`doctor says:\n${output}`);
}

async function expectSame(cwd, again) {
  const before = digestsOf(cwd);
  const output = await again();
  const after = digestsOf(cwd);
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  const changed = paths.filter((path) => before.get(path) !== after.get(path));
  if (changed.length > 0) throw new Error(`A second nest add changed ${changed.join(', ')}:\n${output}`);
  if (!existsSync(join(cwd, 'src/auth/authentication.ts'))) throw new Error(`nest add has added nothing:\n${output}`);
}

/** Each file of the app, without its packages and its build. */
function digestsOf(cwd) {
  const files = readdirSync(cwd, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !/[/\\](node_modules|dist|generated)([/\\]|$)/.test(entry.parentPath),
  );
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]));
}
