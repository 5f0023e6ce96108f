// Every check that must pass before a change is merged. All checks run, even after one has failed.
import { install, pnpm, root, run } from './pnpm.mjs';

const inCi = process.env.CI === 'true';
const recursive = (script, ...args) => pnpm(['--recursive', '--no-bail', ...args, 'run', script], { capture: true });
/** The packages that have stores, as arguments of pnpm. */
const STORES = ['drizzle', 'prisma', 'redis', 'typeorm'].map((name) => `@acme/nest-auth-${name}`);
const stores = STORES.flatMap((name) => ['--filter', name]);
const unit = STORES.flatMap((name) => ['--filter', `!${name}`]);
const node = (...args) => run(process.execPath, args, { capture: true });

/** Steps run one after the other. Steps that use only one core run side by side, in lanes. */
const checks = [
  { name: 'build', run: () => recursive('build') },
  { name: 'lint', run: () => node('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.') },
  {
    lanes: [
      [{ name: 'types', needsBuild: true, run: types }],
      [
        { name: 'npm start (each example)', run: () => node('scripts/start/check.mjs') },
        { name: 'package (publint, attw)', needsBuild: true, run: () => recursive('lint:package') },
      ],
    ],
  },
  {
    // A suite of stores is one long file, which keeps one core busy.
    lanes: [
      [{ name: 'tests (unit)', run: () => recursive('test', ...unit) }],
      [{ name: 'tests (stores)', run: () => recursive('test', ...stores, '--workspace-concurrency=1') }],
    ],
  },
  // Other combinations of transport, platform and Nest are in `npm run stories`.
  { name: 'tests (stories on Express)', run: () => recursive('test:e2e') },
  { name: 'tests (stories on Fastify)', run: () => recursive('test:e2e:fastify') },
  {
    lanes: [
      [
        { name: 'tests in Chromium', needsBuild: true, run: () => node('scripts/browser.mjs') },
        {
          name: 'transports (one table of stories)',
          needsBuild: true,
          told: /^\d+ stories, [\s\S]+?^ok: .+$/m,
          run: () => node('scripts/transports.mjs'),
        },
      ],
      [{ name: 'tests (processes and outages)', run: () => recursive('test:system') }],
    ],
  },
  // It runs alone, because it compares times.
  { name: 'tests (slow: floods and timing)', run: () => recursive('test:slow') },
  { name: 'tests on Nest 11', run: () => node('scripts/nest-11.mjs') },
  {
    name: 'consumers (Nest 11 and 12, CommonJS and ESM, three versions of Node)',
    needsBuild: true,
    told: /[\s\S]+/,
    run: () => node('scripts/consumers.mjs'),
  },
  {
    name: 'nest add, in apps that the CLIs make',
    needsBuild: true,
    told: /[\s\S]+/,
    run: () => node('scripts/nest-add.mjs'),
  },
];

console.log(`Installing in ${root}`);
/**
 * All our code is one program, so that Nest and the library are read once. Each example is a program of its own, like
 * an app. So is the code that reads XML, because its libraries declare the types of browsers.
 */
async function types() {
  const steps = [
    () => recursive('generate', '--if-present'),
    () => node('node_modules/typescript/bin/tsc', '--noEmit'),
    () => recursive('types', '--filter', './examples/*', '--filter', './tests/enterprise'),
  ];
  for (const step of steps) {
    const outcome = await step();
    if (!outcome.ok) return outcome;
  }
  return { ok: true, output: '' };
}

const installed = await install([], { capture: true });
if (!installed.ok) {
  console.log(installed.output);
  console.log('0 passed, 1 failed');
  process.exit(1);
}

const started = Date.now();
const failed = new Set();
const skipped = new Set();
const told = [];
let passed = 0;
for (const check of checks) {
  const lanes = check.lanes ?? [[check]];
  await Promise.all(
    lanes.map(async (lane) => {
      for (const one of lane) await report(one);
    }),
  );
}

for (const output of told) console.log(`\n${output}`);
if (skipped.size > 0) {
  console.log(`\nSkipped, for want of a server: ${[...skipped].join(', ')}.`);
  console.log(
    'To run them, start PostgreSQL, MariaDB and Redis on 127.0.0.1, or set POSTGRES_URL, MARIADB_URL and REDIS_URL.',
  );
}
console.log(`\n${seconds(started)}${failed.size > 0 ? `, failed: ${[...failed].join('; ')}` : ''}`);
console.log(`${passed} passed, ${failed.size} failed`);
process.exitCode = failed.size > 0 ? 1 : 0;

async function report(check) {
  const checkStarted = Date.now();
  const problem = await problemOf(check);
  console.log(`${check.name} ... ${problem === undefined ? 'ok' : 'FAILED'} (${seconds(checkStarted)})`);
  if (problem === undefined) {
    passed += 1;
    return;
  }
  failed.add(check.name);
  console.log(`${problem.trimEnd()}\n`);
}

/** The problem, as the check describes it; undefined if there is none. */
async function problemOf(check) {
  // An older dist would hide code that no longer builds.
  if (check.needsBuild && failed.has('build')) return 'Not run: the build failed.';
  const { ok, output } = await check.run();
  if (!ok) return output;
  // A proof that did not run is not a proof; a laptop without a database may still skip it.
  const here = skippedIn(output);
  if (inCi && here.length > 0) return `${output}\nSkipped tests count as failed here: ${here.join(', ')}`;
  for (const one of here) skipped.add(one);
  if (check.told) told.push(check.told.exec(output)?.[0].trim() ?? '');
}

/** The tests that jest skipped, by package, in the output of pnpm. */
function skippedIn(output) {
  const found = [];
  let name = 'a package';
  for (const line of output.split('\n')) {
    name = /^> (@acme\/[\w-]+)@/.exec(line)?.[1] ?? name;
    const count = /^Tests: .*?\b([1-9]\d*) skipped/.exec(line)?.[1];
    if (count) found.push(`${count} tests of ${name}`);
  }
  return found;
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
