import base from './jest.config.mjs';

/** Races, load and timing: one at a time, so that they measure themselves and not each other. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/slow/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 600_000,
};
