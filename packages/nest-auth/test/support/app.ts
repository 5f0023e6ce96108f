import { type AuthExtras, AuthModule, type AuthOptions, memoryStores } from '@acme/nest-auth';
import { TestClock } from '@acme/nest-auth/testing';
import type { INestApplication, ModuleMetadata, NestApplicationOptions } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { FakeHasher } from './fake-hasher.js';
import { clientOf, TRANSPORT } from './transports.js';

/** Random-looking, fixed: 43 characters of base64url each. */
export const SECRETS = {
  access: 'vX3kQm8TzR1nWc6YpL0sJd9fHbGa2uEe4oKiN7rVtBw',
  refresh: 'qZ7hUe2MxC5jRn9LbPf4WsGk1TdYv8oAi3EyJ6mKcXg',
};

export const PASSWORD = 'a fine long passphrase';

export interface TestAppOptions extends AuthExtras {
  readonly options?: Partial<AuthOptions>;
  readonly controllers?: ModuleMetadata['controllers'];
  readonly providers?: ModuleMetadata['providers'];
  /** Before the AuthModule, if the order matters. */
  readonly imports?: ModuleMetadata['imports'];
  /** After the AuthModule. */
  readonly later?: ModuleMetadata['imports'];
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
  readonly configure?: (app: INestApplication) => void;
  /** For `createNestApplication`. */
  readonly create?: NestApplicationOptions;
  /** Trusts `X-Forwarded-For`. */
  readonly trustProxy?: boolean;
}

/**
 * An app on the HTTP platform of this run (`HTTP=fastify`, Express otherwise), listening on 127.0.0.1, with clients that
 * carry tokens by the transport of this run. Its hashes take no time: stories about bcrypt pass a `BcryptHasher`.
 */
export async function startApp({
  options,
  controllers,
  providers,
  imports,
  later,
  override = (builder) => builder,
  configure,
  create,
  trustProxy = false,
  ...extras
}: TestAppOptions = {}) {
  const clock = new TestClock();
  const stores = memoryStores({ clock: clock.read });
  const authOptions: AuthOptions = {
    ...stores,
    secrets: SECRETS,
    transport: TRANSPORT,
    clock: clock.read,
    password: { hasher: new FakeHasher() },
    throttle: { account: { points: 1000, duration: '15m' }, address: { points: 10_000, duration: '15m' } },
    ...options,
  };
  const auth = AuthModule.forRootAsync({ ...extras, useFactory: () => authOptions });
  const moduleRef = await override(
    Test.createTestingModule({
      imports: [...(imports ?? []), auth, ...(later ?? [])],
      controllers: controllers ?? [],
      providers: providers ?? [],
    }),
  ).compile();
  const onFastify = process.env.HTTP === 'fastify';
  const settings: NestApplicationOptions = { logger: false, ...create };
  const app: INestApplication = onFastify
    ? moduleRef.createNestApplication(new FastifyAdapter({ trustProxy }) as never, settings)
    : moduleRef.createNestApplication(settings);
  if (!onFastify) app.getHttpAdapter().getInstance().set('trust proxy', trustProxy);
  configure?.(app);
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const http = clientOf(url, authOptions.transport);
  /** A client that sends this access token with each request. */
  const as = (token: string) => clientOf(url, authOptions.transport, { Authorization: `Bearer ${token}` });
  return { app, url, clock, ...stores, http, as, close: () => app.close() };
}

export type TestApp = Awaited<ReturnType<typeof startApp>>;

export const bearer = (token: string): [string, string] => ['Authorization', `Bearer ${token}`];

let users = 0;

/** Registers a fresh user. */
export async function signUp({ http }: Pick<TestApp, 'http'>, email = `user-${++users}@example.org`) {
  const { body } = await http.post('/auth/register').send({ email, password: PASSWORD }).expect(201);
  return { email, access: body.access_token as string, refresh: body.refresh_token as string };
}

export async function logIn({ http }: Pick<TestApp, 'http'>, email: string) {
  const { body } = await http.post('/auth/login').send({ email, password: PASSWORD }).expect(200);
  return { email, access: body.access_token as string, refresh: body.refresh_token as string };
}
