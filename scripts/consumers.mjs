// Installs the packed library the way a user would, into fresh apps on Nest 11 and 12, as CommonJS and as ESM:
// type-checks, compiles and runs each of them. Expects the packages to be built.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pnpm, root, run } from './pnpm.mjs';

const templates = join(root, 'scripts/consumers');
const tsc = join(root, 'node_modules/typescript/bin/tsc');

const apps = ['nest-11', 'nest-12'].flatMap((nest) => [
  { name: `${nest} CommonJS`, nest, type: 'commonjs' },
  { name: `${nest} ESM`, nest, type: 'module' },
]);

const temp = mkdtempSync(join(tmpdir(), 'nest-auth-consumers-'));
try {
  const packed = await pack();
  const queue = [...apps];
  const worker = async () => {
    for (let app = queue.shift(); app; app = queue.shift()) await report(app, packed);
  };
  await Promise.all([worker(), worker()]);
} finally {
  rmSync(temp, { recursive: true, force: true });
}

async function pack() {
  const { ok, output } = await pnpm(['--filter', '@acme/nest-auth', 'pack', '--pack-destination', temp], {
    capture: true,
  });
  if (!ok) throw new Error(`The package could not be packed:\n${output}`);
  const [tarball] = readdirSync(temp).filter((name) => name.endsWith('.tgz'));
  return join(temp, tarball);
}

async function report(app, tarball) {
  const started = Date.now();
  const failure = await tryOut(app, tarball);
  console.log(`${app.name}: ${failure ? 'FAILED' : 'ok'} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (failure) {
    console.log(failure);
    process.exitCode = 1;
  }
}

/** The output of the first step that fails; undefined when the app installs, compiles and keeps its promises. */
async function tryOut({ name, nest, type }, tarball) {
  const cwd = join(temp, name.replace(' ', '-').toLowerCase());
  mkdirSync(cwd);
  cpSync(join(templates, 'main.ts'), join(cwd, 'main.ts'));
  cpSync(join(templates, 'tsconfig.json'), join(cwd, 'tsconfig.json'));
  writeFileSync(join(cwd, 'package.json'), JSON.stringify(manifest(nest, type, tarball), null, 2));

  const steps = [
    ['npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline']],
    [process.execPath, [tsc, '--project', '.']],
    [process.execPath, ['dist/main.js']],
  ];
  for (const [command, args] of steps) {
    const { ok, output } = await run(command, args, { cwd, capture: true });
    if (!ok) return output;
  }
}

function manifest(nest, type, tarball) {
  return {
    private: true,
    type,
    dependencies: {
      '@acme/nest-auth': `file:${tarball}`,
      ...JSON.parse(readFileSync(join(templates, `${nest}.json`), 'utf8')),
      '@node-rs/argon2': '^2.0.0',
      passport: '^0.7.0',
      'reflect-metadata': '^0.2.0',
      rxjs: '^7.8.0',
    },
    devDependencies: { '@types/express': '^5.0.0', '@types/node': '^20.19.0' },
  };
}
