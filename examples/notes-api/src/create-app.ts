import type { INestApplication, NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { securityHeaders } from './security-headers.js';

/** A browser opens connections before it needs them. A connection without a request would delay a stop for a minute. */
const forceCloseConnections = true;

/** On Express, or on Fastify with HTTP=fastify. */
export async function createApp(options: NestApplicationOptions = {}): Promise<INestApplication> {
  const app =
    process.env.HTTP === 'fastify'
      ? await NestFactory.create(AppModule, new FastifyAdapter({ forceCloseConnections }), options)
      : await NestFactory.create(AppModule, { ...options, forceCloseConnections });
  return app.use(securityHeaders).enableShutdownHooks();
}
