import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

/** For `npx nest-auth policy`, because `main.ts` is the README's first program. */
export function createApp(options: NestApplicationOptions = {}) {
  return NestFactory.create(AppModule, options);
}
