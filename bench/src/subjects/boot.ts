// How long a Nest app takes to boot, with the library and without.
import 'reflect-metadata';
import { AuthModule, memoryStores } from '@acme/nest-auth';
import { Controller, type DynamicModule, Get, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { offer, settingsOf } from '../harness/subject.js';
import { SECRETS } from '../harness/tokens.js';

const { controllers, auth } = settingsOf<{ controllers: number; auth: boolean }>();

function controllerOf(n: number): Type {
  @Controller(`things-${n}`)
  class ThingsController {
    @Get()
    list() {
      return [];
    }
    @Get(':id')
    show() {
      return {};
    }
  }
  return ThingsController;
}

class AppModule {}

offer(async () => {
  const all = Array.from({ length: controllers }, (_, n) => controllerOf(n));
  const stores = memoryStores({ allowInProduction: true });
  const module: DynamicModule = {
    module: AppModule,
    controllers: all,
    imports: auth ? [AuthModule.forRoot({ ...stores, secrets: SECRETS })] : [],
  };
  const started = performance.now();
  const app = await NestFactory.create(module, new ExpressAdapter(), { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  const took = performance.now() - started;
  return { took: () => took, stop: () => app.close() };
});
