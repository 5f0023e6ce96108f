// mercurius requires @fastify/static, which requires this package, which is ESM: before Node 24.9, jest cannot. No test downloads.
module.exports = { create: () => 'attachment' };
