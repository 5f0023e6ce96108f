const swc = {
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', { ...swc, swcrc: false }] },
  moduleNameMapper: {
    // The sources, so that no build has to come first.
    '^@acme/nest-auth/(openapi|testing)$': '<rootDir>/../../packages/nest-auth/src/$1/index.ts',
    '^@acme/(nest-auth(?:-typeorm|-redis)?)$': '<rootDir>/../../packages/$1/src/index.ts',
    // Sources import each other by the name of the emitted file.
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  testMatch: ['<rootDir>/test/**/*.spec.ts'],
};
