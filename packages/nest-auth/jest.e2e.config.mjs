import config from './jest.config.mjs';

/** The stories over HTTP; `HTTP=fastify` runs them on Fastify instead of Express. */
export default {
  ...config,
  testMatch: ['<rootDir>/test/stories/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
