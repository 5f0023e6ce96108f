import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { paths } = JSON.parse(readFileSync(new URL('tsconfig.sources.json', import.meta.url), 'utf8')).compilerOptions;
/** Our packages by their names, as the type check finds them. With `BUILT=1`, the library is its published build. */
const sources = Object.entries(paths).map(([name, [file]]) => [
  `^${name}$`,
  join(import.meta.dirname, place(name, file)),
]);

function place(name, file) {
  const [, entry = 'index'] = /^@acme\/nest-auth(?:\/(.+))?$/.exec(name) ?? [];
  return process.env.BUILT && /^@acme\/nest-auth(\/|$)/.test(name) ? `packages/nest-auth/dist/${entry}.js` : file;
}

const swc = {
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
  swcrc: false,
};

const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', swc] },
  testMatch: ['<rootDir>/test/**/*.spec.ts'],
  // Distinguishes a test that hangs from a slow test: on a busy machine everything takes ten times as long.
  testTimeout: 120_000,
};

/**
 * Tests of the sources, which need no build.
 * @type {import('jest').Config}
 */
export const ofSources = {
  ...common,
  moduleNameMapper: {
    ...Object.fromEntries(sources),
    // Sources import each other by the name of the emitted file.
    '^(\\.{1,2}/(?!.*dist/).*)\\.js$': '$1',
  },
  maxWorkers: '100%',
};

/**
 * Tests of the built packages, as an app has them.
 * @type {import('jest').Config}
 */
export const ofPackages = {
  ...common,
  // Tests import their helpers by the name of the emitted file.
  moduleNameMapper: { '^(\\.{1,2}/(?!.*dist/).*)\\.js$': '$1' },
  transformIgnorePatterns: ['/node_modules/', '/dist/'],
};
