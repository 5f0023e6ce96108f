import { createHash, randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import {
  type AuthEvent,
  AuthEvents,
  type AuthFeature,
  AuthModule,
  type AuthOptions,
  memoryStores,
} from '@acme/nest-auth';
import { social } from '@acme/nest-auth/social';
import { TestClock, TestHasher } from '@acme/nest-auth/testing';
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Browser, fragmentOf } from './browser.js';

export type Platform = 'express' | 'fastify';
export const PLATFORMS: readonly Platform[] = ['express', 'fastify'];

export const PAGE = 'https://app.example.org/welcome';
export const PASSWORD = 'a fine long passphrase';

const SECRETS = {
  access: 'vX3kQm8TzR1nWc6YpL0sJd9fHbGa2uEe4oKiN7rVtBw',
  refresh: 'qZ7hUe2MxC5jRn9LbPf4WsGk1TdYv8oAi3EyJ6mKcXg',
};

type Strategies = Parameters<typeof social>[0];
type SocialOptions = NonNullable<AuthOptions['social']>;

export interface AppOptions {
  readonly strategies: Strategies;
  readonly social?: Partial<SocialOptions>;
  readonly providers: SocialOptions['providers'];
  readonly options?: Partial<AuthOptions>;
  readonly features?: readonly AuthFeature[];
  readonly controllers?: ModuleMetadata['controllers'];
  /** @default any */
  readonly port?: number;
  /** Nest providers. */
  readonly injectables?: ModuleMetadata['providers'];
}

/** An app with social logins, listening on 127.0.0.1. */
export async function startApp(platform: Platform, given: AppOptions) {
  const port = given.port ?? (await freePort());
  const origin = `http://127.0.0.1:${port}`;
  const clock = new TestClock();
  const stores = memoryStores({ clock: clock.read });
  const options: AuthOptions = {
    ...stores,
    secrets: SECRETS,
    clock: clock.read,
    password: { hasher: new TestHasher() },
    throttle: { account: { points: 1000, duration: '15m' }, address: { points: 10_000, duration: '15m' } },
    social: { url: `${origin}/auth`, returnTo: [PAGE], providers: given.providers, ...given.social },
    ...given.options,
  };
  const module = await Test.createTestingModule({
    imports: [
      AuthModule.forRootAsync({
        features: [social(given.strategies), ...(given.features ?? [])],
        useFactory: () => options,
      }),
    ],
    controllers: given.controllers ?? [],
    providers: given.injectables ?? [],
  }).compile();
  const app: INestApplication =
    platform === 'fastify'
      ? module.createNestApplication(new FastifyAdapter() as never, { logger: false })
      : module.createNestApplication({ logger: false });
  await app.listen(port, '127.0.0.1');
  const events: AuthEvent[] = [];
  app.get(AuthEvents).subscribe((event) => events.push(event));
  const http = clientOf(origin);
  return { app, origin, clock, ...stores, events, http, close: () => app.close() };
}

export type App = Awaited<ReturnType<typeof startApp>>;

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of all routes
  readonly body: any;
}

/** Sends JSON. */
function clientOf(origin: string) {
  return async (method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const type: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const answer = await fetch(origin + path, { method, headers: { ...type, ...headers }, ...sent });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
  };
}

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

/** A client that gets tokens in bodies, with PKCE (RFC 7636). */
export function newVerifier() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** Logs in with a provider, by code. @returns the answer of the exchange, or the error that the page received */
export async function logInWith(app: App, provider: string, browser = new Browser()) {
  const { verifier, challenge } = newVerifier();
  const page = await browser.open(`${app.origin}/auth/login/${provider}?code_challenge=${challenge}`);
  const { code, error } = fragmentOf(page);
  if (code === undefined) return { error, page } as const;
  const { status, body } = await app.http('POST', '/auth/login/code', { code, code_verifier: verifier });
  return { error, page, status, tokens: body as { access_token: string; refresh_token: string }, code, verifier };
}

/** Who is logged in. */
export async function me(app: App, token: string) {
  return app.http('GET', '/auth/me', undefined, bearer(token));
}

export async function register(app: App, email: string, password = PASSWORD) {
  const { body } = await app.http('POST', '/auth/register', { email, password });
  return body as { access_token: string; refresh_token: string };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
