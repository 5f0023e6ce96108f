import config from './jest.e2e.config.mjs';

process.env.HTTP = 'fastify';

export default config;
