import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import supertest from 'supertest';

const folder = mkdtempSync(join(tmpdir(), 'migrations-'));

/** The configuration of both apps. After the switch, the secrets are new. */
export const SETTINGS = {
  DATABASE_FILE: join(folder, 'database.sqlite'),
  JWT_SECRET: 'the-secret-of-the-app-before-the-switch',
  JWT_REFRESH_SECRET: 'the-other-secret-of-the-app-before-the-switch',
  AUTH_ACCESS_SECRET: 'vX3kQm8TzR1nWc6YpL0sJd9fHbGa2uEe4oKiN7rVtBw',
  AUTH_REFRESH_SECRET: 'qZ7hUe2MxC5jRn9LbPf4WsGk1TdYv8oAi3EyJ6mKcXg',
  OLD_TOKENS_UNTIL: new Date(Date.now() + 30 * 24 * 60 * 60 * 1000).toISOString().slice(0, 10),
};
Object.assign(process.env, SETTINGS);

export type Started = Awaited<ReturnType<typeof start>>;

/** An app on 127.0.0.1, and a client of it. */
export async function start(module: Type, options: NestApplicationOptions = {}) {
  const settings: NestApplicationOptions = { logger: ['error'], abortOnError: false, ...options };
  const app: INestApplication = await NestFactory.create(module, settings);
  await app.listen(0, '127.0.0.1');
  const http = supertest(await app.getUrl());
  const asBearer = (token?: string) => (token === undefined ? {} : { Authorization: `Bearer ${token}` });
  const get = (path: string, token?: string) => http.get(path).set(asBearer(token));
  const post = (path: string, body: object = {}, token?: string) => http.post(path).set(asBearer(token)).send(body);
  return { app, get, post, close: () => app.close() };
}

export function removeDatabase(): void {
  rmSync(folder, { recursive: true, force: true });
}
