import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type AuthEvent, AuthEvents, type AuthOptions, BackgroundTasks, TokenService } from '@acme/nest-auth';
import { ApiKeys, apiKeys, type WantedApiKey } from '@acme/nest-auth/api-keys';
import { afterEach } from '@jest/globals';
import type { Type } from '@nestjs/common';
import supertest from 'supertest';
import { startApp, type TestApp } from './app.js';
import { FakeHasher } from './fake-hasher.js';

export const DAY = 24 * 60 * 60;

const started: TestApp[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((app) => app.close()));
});

export async function start(options: Partial<AuthOptions> = {}, controllers: Type[] = []) {
  const seen: AuthEvent[] = [];
  const app = await startApp({
    features: [apiKeys()],
    controllers,
    options: { password: { hasher: new FakeHasher(), queue: 1000 }, ...options },
  });
  started.push(app);
  app.app.get(AuthEvents).subscribe((event) => seen.push(event));
  return { ...app, seen };
}

export type App = Awaited<ReturnType<typeof start>>;

let users = 0;

/** A user with roles and permissions of their own, and an access token, whatever the transport. */
export async function user(app: App, has: { roles?: readonly string[]; permissions?: readonly string[] } = {}) {
  const login = `owner-${++users}@example.org`;
  const created = await app.userStore.create({ login, passwordHash: '$fake$', roles: has.roles ?? [], profile: {} });
  app.userStore.update(created.id, has);
  /** Access tokens do not last as long as keys. */
  const logIn = async () => (await app.app.get(TokenService).issue({ ...created, ...has }, randomUUID())).token;
  const token = await logIn();
  const make = (wanted: Partial<WantedApiKey> = {}) =>
    app.app.get(ApiKeys).create(created.id, { name: 'ci', ...wanted });
  return { id: created.id, access: token, as: app.as(token), make, logIn };
}

/** Without anything that a browser would add. */
export const byHeader = ({ url }: Pick<App, 'url'>, key: string) => ({
  get: (path: string) => supertest(url).get(path).set('X-API-Key', key),
  post: (path: string) => supertest(url).post(path).set('X-API-Key', key),
});

export const asBearer = ({ url }: Pick<App, 'url'>, key: string) => ({
  get: (path: string) => supertest(url).get(path).set('Authorization', `Bearer ${key}`),
});

/** Longer than a checked key is remembered. */
export const aSecond = () => pause(950);

export const settled = ({ app }: App) => app.get(BackgroundTasks).settled();
