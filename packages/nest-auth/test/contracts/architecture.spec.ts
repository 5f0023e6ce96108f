import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  cycleIn,
  featureBreaks,
  filesWith,
  foreignImports,
  inside,
  type Layers,
  layerBreaks,
  layersThatRunUp,
  type SourceFile,
  sourceFile,
  sourcesOf,
} from '../support/contracts/architecture.js';

const ROOT = join(import.meta.dirname, '../../../..');
const files = sourcesOf(join(ROOT, 'packages/nest-auth/src'));

/**
 * The layers from the bottom to the top. `adapter`, and layers that only tools and tests use, import the rest by the
 * package's name. The stores in memory share the checks of `adapter`.
 */
const LAYERS: Layers = {
  ports: [],
  adapter: [],
  core: ['ports'],
  hashers: ['ports'],
  mailers: ['core', 'ports'],
  memory: ['core', 'adapter', 'ports'],
  options: ['memory', 'hashers', 'core', 'ports'],
  http: ['core', 'ports'],
  transports: ['http', 'core'],
  guards: ['transports', 'http', 'core'],
  routes: ['guards', 'transports', 'http', 'core', 'ports'],
  policies: ['guards', 'core'],
  features: ['options', 'core', 'ports'],
  module: ['features', 'policies', 'routes', 'guards', 'transports', 'http', 'options', 'memory', 'core', 'ports'],
  openapi: [],
  testing: [],
  cli: [],
};

/** The folders of the core, from the bottom to the top. `.` is the files beside them. */
const CORE_LAYERS: Layers = {
  errors: [],
  '.': ['errors'],
  policy: ['.', 'errors'],
  observation: ['policy', 'errors'],
  resilience: ['observation', '.', 'errors'],
  users: ['resilience', 'errors'],
  'one-time': ['users', '.', 'errors'],
  limits: ['resilience', 'observation', '.', 'errors'],
  keys: ['resilience', '.'],
  'refresh-tokens': ['keys'],
  revocation: ['refresh-tokens', 'resilience', '.', 'errors'],
  tokens: ['revocation', 'keys', 'users', 'resilience', 'policy', '.', 'errors'],
  sessions: ['tokens', 'revocation', 'refresh-tokens', 'users', 'resilience', 'observation', '.', 'errors'],
  passwords: ['sessions', 'limits', 'users', 'resilience', 'observation', 'policy', '.', 'errors'],
  login: [
    'passwords',
    'sessions',
    'tokens',
    'limits',
    'one-time',
    'users',
    'resilience',
    'observation',
    'policy',
    '.',
    'errors',
  ],
};

/** The libraries that the core may use. */
const CORE_LIBRARIES = ['rxjs', 'ms', 'reflect-metadata', 'rate-limiter-flexible', '@zxcvbn-ts/language-common'];
const isCoreLibrary = (name: string): boolean => name.startsWith('node:') || CORE_LIBRARIES.includes(name);
const DEEP = /from '@nestjs\/[\w-]+\//;
const FRAMEWORKS = /from '(express|fastify)'/;
const LOCAL_SYMBOL = /\bSymbol\(/;

const below = (folder: string, among: readonly SourceFile[] = files) =>
  among.filter(({ path }) => path.startsWith(`${folder}/`));

describe('the library', () => {
  test('is read from the files at all', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThan(500);
  });

  test('imports downwards only', () => {
    expect(layersThatRunUp(LAYERS)).toEqual([]);
    expect(layerBreaks(files, LAYERS)).toEqual([]);
  });

  test('is described layer by layer in CONTRIBUTING.md, in this order', () => {
    const [, table = ''] = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8').split('| folder | what |');
    const [rows = ''] = table.split('\n\n');
    expect([...rows.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)).toEqual(Object.keys(LAYERS));
  });

  test('imports downwards only inside its core, too', () => {
    expect(layersThatRunUp(CORE_LAYERS)).toEqual([]);
    expect(layerBreaks(inside('core', files), CORE_LAYERS)).toEqual([]);
  });

  test('shows the folders of the core in the decision about layers, in this order', () => {
    const decision = readFileSync(join(ROOT, 'docs/decisions/0009-layers.md'), 'utf8');
    const [, order = ''] = /```\n(errors .*)\n```/.exec(decision) ?? [];
    const folders = Object.keys(CORE_LAYERS).filter((name) => name !== '.');
    expect(order.split(/ ← |, /)).toEqual(folders);
  });

  test('has one file beside its folders', () => {
    expect(files.map(({ path }) => path).filter((path) => !path.includes('/'))).toEqual(['index.ts']);
  });

  test('asks for nothing in its ports, and for no framework in its core', () => {
    expect(foreignImports(below('ports'), () => false)).toEqual([]);
    expect(foreignImports(below('core'), isCoreLibrary)).toEqual([]);
  });

  test('lets a feature import the seam and its own folder, and nothing else', () => {
    const ofFeatures = files.filter(({ path }) => /^features\/[^/]+\//.test(path));
    expect(ofFeatures.length).toBeGreaterThan(0);
    expect(featureBreaks(ofFeatures)).toEqual([]);
    const libraries = (name: string) =>
      name === '@acme/nest-auth' || /^(node:|@nestjs\/(common|core|jwt)$|@opentelemetry\/api$)/.test(name);
    expect(foreignImports(ofFeatures, libraries)).toEqual([]);
  });

  test('names Express and Fastify nowhere', () => {
    expect(filesWith(FRAMEWORKS, files)).toEqual([]);
  });

  test('shares its symbols between the ESM and the CommonJS copy', () => {
    expect(filesWith(LOCAL_SYMBOL, files, ['testing/'])).toEqual([]);
  });

  test('lists every public name', () => {
    expect(
      filesWith(
        /export \*/,
        files.filter(({ path }) => path === 'index.ts'),
      ),
    ).toEqual([]);
  });
});

const packages = ['packages', 'tests', 'examples'].flatMap((folder) =>
  readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`),
);

describe.each([...packages, 'bench'])('%s', (name) => {
  // Files of the build do not count.
  const all = sourcesOf(join(ROOT, name)).filter(({ path }) => /^(src|test)\/|^[^/]+$/.test(path));
  const sources = all.filter(({ path }) => !path.startsWith('test/'));

  test('has no cycle, and its tests have none', () => {
    expect(sources.length).toBeGreaterThan(0);
    expect(cycleIn(all)).toBeUndefined();
  });

  test('does not reach into the inside of a package of Nest', () => {
    expect(filesWith(DEEP, sources)).toEqual([]);
  });
});

test.each(packages.filter((name) => /nest-auth-(drizzle|prisma|redis|typeorm)$/.test(name)))(
  '%s imports the root of the library and its adapter kit',
  (name) => {
    const mayImport = (imported: string): boolean =>
      !imported.startsWith('@acme/') || ['@acme/nest-auth', '@acme/nest-auth/adapter'].includes(imported);
    expect(foreignImports(sourcesOf(join(ROOT, name, 'src')), mayImport)).toEqual([]);
  },
);

test('the client imports nothing at all: a browser must not install Nest', () => {
  expect(foreignImports(sourcesOf(join(ROOT, 'packages/nest-auth-client/src')), () => false)).toEqual([]);
  const { dependencies, peerDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'packages/nest-auth-client/package.json'), 'utf8'),
  );
  expect([dependencies, peerDependencies]).toEqual([undefined, undefined]);
});

describe('each rule sees a tree that breaks it', () => {
  const tree = (texts: Readonly<Record<string, string>>) =>
    Object.entries(texts).map(([path, text]) => sourceFile(path, text));

  test.each<[string, Readonly<Record<string, string>>]>([
    ['an import upwards', { 'core/a.ts': "import { b } from '../http/b.js';" }],
    ['a type of a layer above', { 'core/a.ts': "export type { B } from '../http/b.js';" }],
    ['an import while it runs', { 'core/a.ts': "const b = await import('../module/b.js');" }],
    ['a folder that nobody placed', { 'helpers/a.ts': '' }],
    ['a file beside its folders, imported', { 'core/a.ts': "import { b } from '../index.js';" }],
  ])('%s', (_, texts) => {
    expect(layerBreaks(tree(texts), LAYERS)).toHaveLength(1);
  });

  test('an import upwards inside one folder', () => {
    const found = tree({
      'core/a.ts': "import { b } from './errors/b.js';",
      'core/errors/b.ts': "import { c } from '../c.js';",
      'core/c.ts': "import type { Port } from '../ports/port.js';",
    });
    expect(layerBreaks(inside('core', found), CORE_LAYERS)).toEqual(['errors/b.ts -> c.ts']);
  });

  test('a feature that reaches for another one, or into the library', () => {
    const found = tree({
      'features/one/a.ts': "import { b } from '../two/b.js';",
      'features/two/b.ts': "import { c } from '../../core/c.js';",
    });
    expect(featureBreaks(found)).toHaveLength(2);
  });

  test('layers in a circle', () => {
    expect(layersThatRunUp({ core: ['http'], http: ['core'] })).toEqual(['core -> http']);
  });

  test('a cycle, however long', () => {
    const cycle = {
      'a.ts': "import './b.js';",
      'b.ts': "import { c } from './d/c.js';",
      'd/c.ts': "import '../a.js';",
    };
    expect(cycleIn(tree(cycle))).toBe('a.ts -> b.ts -> d/c.ts -> a.ts');
  });

  test('a framework, a deep import, a local symbol, a package that may not be there', () => {
    const found = tree({
      'a.ts': "import type { Request } from 'express';",
      'b.ts': "import { x } from '@nestjs/core/injector/x.js';",
      'c.ts': "const KEY = Symbol('key');",
    });
    expect(filesWith(FRAMEWORKS, found)).toEqual(['a.ts']);
    expect(filesWith(DEEP, found)).toEqual(['b.ts']);
    expect(filesWith(LOCAL_SYMBOL, found)).toEqual(['c.ts']);
    expect(foreignImports(found, isCoreLibrary)).toHaveLength(2);
  });
});
