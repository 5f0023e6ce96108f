import config from './jest.config.mjs';

process.env.HTTP = 'fastify';

export default config;
