import base from './jest.config.mjs';

// Workers inherit this, so every story boots its app on Fastify instead of Express.
process.env.HTTP = 'fastify';

export default { ...base, testMatch: ['<rootDir>/test/*.e2e.spec.ts'] };
