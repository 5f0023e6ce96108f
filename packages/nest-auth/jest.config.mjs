import { ofSources } from '../../jest.base.mjs';

export default {
  ...ofSources,
  testMatch: ['<rootDir>/src/**/*.spec.ts', ...ofSources.testMatch],
  testPathIgnorePatterns: ['/node_modules/', '\\.e2e\\.spec\\.ts$', '<rootDir>/test/slow/'],
};
