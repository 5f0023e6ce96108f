import { ofSources } from '../../jest.base.mjs';

export default {
  ...ofSources,
  testMatch: ['<rootDir>/src/**/*.spec.ts', ...ofSources.testMatch],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/stories/', '<rootDir>/test/slow/'],
};
