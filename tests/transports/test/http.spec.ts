import { Controller, type DynamicModule, Get, type INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { handlerClasses } from '../src/handlers.js';
import { tellOldStories } from '../src/old-tokens.js';
import { tellStories, type Wire } from '../src/stories.js';

async function open(auth: DynamicModule, fastify: boolean): Promise<Wire> {
  const controllers = handlerClasses((name) => Get(name));
  for (const controller of controllers) Controller()(controller);
  const module = await Test.createTestingModule({ imports: [auth], controllers }).compile();
  const app: INestApplication = fastify
    ? module.createNestApplication(new FastifyAdapter() as never, { logger: false })
    : module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    app,
    async call(handler, token) {
      const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
      const response = await fetch(`${url}/${handler}`, headers && { headers });
      const { caller, code } = (await response.json()) as { caller?: string; code?: string };
      return response.ok ? { caller } : { code };
    },
    close: () => app.close(),
  };
}

for (const [name, isFastify] of [
  ['HTTP (Express)', false],
  ['HTTP (Fastify)', true],
] as const) {
  tellStories(name, (auth) => open(auth, isFastify));
  tellOldStories(name, (auth) => open(auth, isFastify));
}
