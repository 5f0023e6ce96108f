import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { Settings } from './database.module.js';

/** A typical main.ts: it reads providers, but uses the values only to listen. */
async function bootstrap(): Promise<void> {
  const app =
    process.env.HTTP === 'fastify'
      ? await NestFactory.create(AppModule, new FastifyAdapter(), { bufferLogs: true })
      : await NestFactory.create(AppModule, { bufferLogs: true });
  const settings = process.env.SELECTED ? app.select(AppModule).get(Settings) : app.get(Settings);
  console.log('This is not part of any list.');
  app.useLogger(app.get(Logger, { strict: false }));
  app.setGlobalPrefix(process.env.UNKNOWN_PREFIX ? `${settings.get('prefix')}/api` : 'api', { exclude: ['health'] });
  app.enableVersioning();
  app.enableCors({ origin: settings.get('origins').split(',') });
  if (process.env.BROKEN) throw new Error('main.ts is broken');
  if (process.env.NEVER) {
    await app.init();
    return;
  }
  await app.listen(settings.get('port'));
  throw new Error('the app listened');
}

if (process.env.EXITS) process.on('exit', () => process.exit(3));
void bootstrap().catch((error: Error) => {
  if (!process.env.CAUGHT) throw error;
  console.error(`Caught: ${error.message}`);
  if (process.env.CAUGHT === 'exit') process.exit(1);
});
