import config from './jest.config.mjs';

process.env.HTTP = 'fastify';

/** What is the same on both platforms. The others tell their stories on both by themselves, or are about no platform. */
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
