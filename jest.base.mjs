const sources = `${import.meta.dirname}/packages`;

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
  // Tells a test that hangs from one that is slow: on a busy machine everything takes ten times as long.
  testTimeout: 120_000,
};

/**
 * Tests of the sources: no build has to come first.
 * @type {import('jest').Config}
 */
export const ofSources = {
  ...common,
  moduleNameMapper: {
    '^@acme/nest-auth/(adapter|openapi|testing)$': `${sources}/nest-auth/src/$1/index.ts`,
    '^@acme/nest-auth/(password-reset)$': `${sources}/nest-auth/src/features/$1/index.ts`,
    '^@acme/nest-auth/nodemailer$': `${sources}/nest-auth/src/mailers/nodemailer-mailer.ts`,
    '^@acme/(nest-auth(?:-typeorm|-redis)?)$': `${sources}/$1/src/index.ts`,
    // Sources import each other by the name of the emitted file.
    '^(\\.{1,2}/.*)\\.js$': '$1',
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
