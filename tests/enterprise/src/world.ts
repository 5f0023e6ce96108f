import { AuthModule, type AuthOptions, memoryStores } from '@acme/nest-auth';
import { TestHasher } from '@acme/nest-auth/testing';
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';

const SECRETS = {
  access: 'vX3kQm8TzR1nWc6YpL0sJd9fHbGa2uEe4oKiN7rVtBw',
  refresh: 'qZ7hUe2MxC5jRn9LbPf4WsGk1TdYv8oAi3EyJ6mKcXg',
};

interface World {
  readonly imports?: ModuleMetadata['imports'];
  readonly features?: Parameters<typeof AuthModule.forRootAsync>[0]['features'];
  readonly options?: Partial<AuthOptions>;
}

/** An app on the HTTP platform of this run (`HTTP=fastify`, Express otherwise), listening on 127.0.0.1. */
export async function startApp({ imports = [], features = [], options }: World) {
  const stores = memoryStores();
  const given: AuthOptions = {
    ...stores,
    secrets: SECRETS,
    password: { hasher: new TestHasher() },
    ...options,
  };
  const auth = AuthModule.forRootAsync({ features, useFactory: () => given });
  const module = await Test.createTestingModule({ imports: [auth, ...imports] }).compile();
  const app: INestApplication =
    process.env.HTTP === 'fastify'
      ? module.createNestApplication(new FastifyAdapter() as never, { logger: false })
      : module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  return { app, url, ...stores, close: () => app.close() };
}

export type TestApp = Awaited<ReturnType<typeof startApp>>;

/** The claims of an access token. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/** Sends JSON. */
export async function post(url: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Record<string, string>;
  return { status: response.status, code: answer.code, answer, headers: response.headers };
}
