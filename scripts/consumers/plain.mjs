// The smallest app, installed in a path with special characters, type-checked in full, compiled by tsc and run by Node.
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '../pnpm.mjs';
import { typeCheck } from './type-check.mjs';
import { ADAPTERS, installedBy, nestOf, newPackage, npmAdd, npmInstall, succeeded, templates } from './workspace.mjs';

const RUN_TAKES_AT_MOST = 60_000;
const tsc = join(root, 'node_modules/typescript/bin/tsc');

/** Special characters in the path of an app: in a URL, some of them end the path and others are decoded. */
const ODD = process.platform === 'win32' ? ' #%25' : ' #?%25';
/** Test environments such as jsdom define `document`; libraries for browsers ask it for the URL of their script. */
const DOCUMENT = `globalThis.document = {
  baseURI: 'http://localhost/',
  currentScript: { tagName: 'SCRIPT', src: 'http://localhost/main.js' },
};`;

/** Both module formats of a Nest version share its node_modules, one directory above theirs. */
const installations = new Map();

export async function preparePlain({ nest, type, adapters }, { workspace, packed }) {
  const shared = join(workspace, `${nest}-plain${ODD}`);
  if (!installations.has(nest)) installations.set(nest, installShared(shared, { nest, adapters, packed }));
  await installations.get(nest);

  const cwd = join(shared, type);
  newPackage(cwd, { type: type === 'esm' ? 'module' : 'commonjs' });
  const programs = ['main', ...(adapters ? ['adapters'] : [])];
  for (const program of programs) cpSync(join(templates, 'plain', `${program}.ts`), join(cwd, `${program}.ts`));
  cpSync(join(templates, 'plain/tsconfig.json'), join(cwd, 'tsconfig.json'));
  await typeCheck(tsc, { cwd });
  writeFileSync(join(cwd, 'document.cjs'), DOCUMENT);
  return { cwd, programs };
}

async function installShared(cwd, { nest, adapters, packed }) {
  newPackage(cwd, {
    dependencies: {
      ...nestOf(nest),
      '@node-rs/argon2': '^2.0.0',
      // The README's line installs the other one of the two clients.
      ...(adapters ? { ioredis: '^5.0.0' } : {}),
      'reflect-metadata': '^0.2.0',
      rxjs: '^7.8.0',
    },
    devDependencies: { '@types/express': '^5.0.0', '@types/node': '^20.19.0' },
  });
  await npmInstall(cwd);
  const pages = ['README.md', ...(adapters ? ADAPTERS : [])];
  await npmAdd(
    cwd,
    pages.flatMap((page) => installedBy(page, packed)),
  );
}

export async function tryPlain(_consumer, { cwd, programs }, { path }) {
  for (const program of programs) {
    const options = { cwd, capture: true, timeout: RUN_TAKES_AT_MOST };
    const args = ['--require', './document.cjs', `dist/${program}.js`];
    succeeded(`node dist/${program}.js`, await run(path, args, options));
  }
  const evaluated = ['--eval', "import('@acme/nest-auth')"];
  succeeded('node --eval', await run(path, evaluated, { cwd, capture: true, timeout: RUN_TAKES_AT_MOST }));
  return 'ok';
}
