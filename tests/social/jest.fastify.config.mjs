import config from './jest.config.mjs';

process.env.HTTP = 'fastify';

/** The tests that need a run on each platform. The others use both platforms themselves, or none. */
const STORIES = [
  'begin',
  'state',
  'code',
  'cookies',
  'identities',
  'account-owner',
  'pre-hijacking',
  'return-to',
  'strategies-that-misbehave',
];

export default { ...config, testMatch: STORIES.map((name) => `<rootDir>/test/${name}.spec.ts`) };
