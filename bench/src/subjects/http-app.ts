// One app with one trivial route, and with one guard or none.
import 'reflect-metadata';
import { createHook } from 'node:async_hooks';
import type { AddressInfo } from 'node:net';
import { Controller, Get, type INestApplication, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { GuardSetup } from '../guard-setup.js';
import { GUARDS } from '../guards.js';
import { offer, settingsOf } from '../harness/subject.js';

const { guard, platform } = settingsOf<{ guard: keyof typeof GUARDS; platform: 'express' | 'fastify' }>();

function moduleOf({ imports = [], providers = [], routeDecorator }: GuardSetup): Type {
  @Controller()
  class GreetingController {
    @Get('greeting')
    greet() {
      return { greeting: 'hello' };
    }
  }
  const route = Object.getOwnPropertyDescriptor(GreetingController.prototype, 'greet') as PropertyDescriptor;
  routeDecorator?.(GreetingController.prototype, 'greet', route);

  @Module({ imports: [...imports], providers: [...providers], controllers: [GreetingController] })
  class AppModule {}
  return AppModule;
}

async function create(module: Type): Promise<INestApplication> {
  const options = { logger: ['error' as const] };
  if (platform === 'express') return NestFactory.create(module, options);
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return NestFactory.create(module, new FastifyAdapter() as never, options);
}

let promises = 0;
const counter = createHook({ init: (_id, type) => void (type === 'PROMISE' && promises++) });

offer(async () => {
  const made = await GUARDS[guard]();
  const app = await create(moduleOf(made));
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer() as import('node:http').Server;
  // A connection may wait for its next slice for longer than the default of 5 s.
  server.keepAliveTimeout = 0;
  await made.prepare?.(app);
  return {
    port: () => (server.address() as AddressInfo).port,
    credentials: () => made.credentials?.(),
    countPromises: () => void counter.enable(),
    promises: () => promises,
    stop: () => made.close?.(),
  };
});
