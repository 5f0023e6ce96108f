import { type AuthFeature, AuthModule, BcryptHasher, type MemoryUserStore, memoryStores, Roles } from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, type INestApplication, Module, type OnApplicationBootstrap, type Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import supertest from 'supertest';
import { bearer, PASSWORD, SECRETS } from '../../support/app.js';
import { runDocumented } from '../../support/documented.js';

/** What it exports. */
type Page = Record<string, Type>;

let app: INestApplication | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start(module: Type | undefined): Promise<INestApplication> {
  if (!module) throw new Error('The page exports no AppModule.');
  const moduleRef = await Test.createTestingModule({ imports: [module] }).compile();
  app =
    process.env.HTTP === 'fastify'
      ? moduleRef.createNestApplication(new FastifyAdapter() as never, { logger: false })
      : moduleRef.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  return app;
}

describe('docs/guides/other-modules.md: a users module that needs AuthService', () => {
  test.each([
    [
      'with the table in a class of its own',
      'class UserTableModule',
      `import { MemoryUserStore, type MemoryUser as User } from '@acme/nest-auth';
       class UserTable extends MemoryUserStore {}`,
    ],
    [
      'that asks ModuleRef',
      'extends MemoryUserStore',
      "import { MemoryUserStore, type MemoryUser as User } from '@acme/nest-auth';",
    ],
  ])('%s boots and works', async (_, needle, before) => {
    const secrets = `const secrets = ${JSON.stringify(SECRETS)};`;
    const page = await runDocumented<Page>('docs/guides/other-modules.md', needle, `${before}\n${secrets}`);
    const nest = await start(page.AppModule);
    const users = nest.get<{ invite(login: string, password: string): Promise<object> }>(page.UsersService as never, {
      strict: false,
    });
    expect(await users.invite('ann@example.org', PASSWORD)).toMatchObject({ login: 'ann@example.org', roles: [] });
    const { body } = await supertest(nest.getHttpServer())
      .post('/auth/login')
      .send({ email: 'ann@example.org', password: PASSWORD })
      .expect(200);
    expect(body).toMatchObject({ token_type: 'Bearer' });
  });
});

describe('docs/guides/roles-and-policy.md: the first admin', () => {
  const SETTINGS = { ADMIN_EMAIL: 'Ada@Example.org', ADMIN_PASSWORD: PASSWORD };
  afterEach(() => {
    for (const name of Object.keys(SETTINGS)) delete process.env[name];
  });

  @Controller('reports')
  class ReportsController {
    @Roles('admin')
    @Get()
    list() {
      return [];
    }
  }

  async function startWith(stores: ReturnType<typeof memoryStores>) {
    const { FirstAdmin } = await runDocumented<Page>('docs/guides/roles-and-policy.md', 'class FirstAdmin');
    @Module({
      imports: [AuthModule.forRoot({ ...stores, secrets: SECRETS })],
      controllers: [ReportsController],
      providers: FirstAdmin ? [FirstAdmin] : [],
    })
    class AppModule {}
    const nest = await start(AppModule);
    return { http: supertest(nest.getHttpServer()), first: nest.get<OnApplicationBootstrap>(FirstAdmin as never) };
  }

  test('may call what needs the role, and has a verified address', async () => {
    Object.assign(process.env, SETTINGS);
    const stores = memoryStores();
    const { http } = await startWith(stores);
    const credentials = { email: 'ada@example.org', password: PASSWORD };
    const { body } = await http.post('/auth/login').send(credentials).expect(200);
    await http
      .get('/reports')
      .set(...bearer(body.access_token))
      .expect(200);
    const admin = await stores.userStore.findByLogin('ada@example.org');
    expect(admin?.emailVerifiedAt).toBeInstanceOf(Date);
  });

  test('is made once, also by two processes that start at the same time', async () => {
    const stores = memoryStores();
    const { first } = await startWith(stores);
    expect(await stores.userStore.findByLogin('ada@example.org')).toBeNull();
    Object.assign(process.env, SETTINGS);
    await Promise.all([first.onApplicationBootstrap(), first.onApplicationBootstrap()]);
    const { id } = (await stores.userStore.findByLogin('ada@example.org')) ?? {};
    await first.onApplicationBootstrap();
    expect(await stores.userStore.findByLogin('ada@example.org')).toMatchObject({ id, roles: ['admin'] });
  });
});

describe('docs/guides/several-user-bases.md', () => {
  const SECRETS_OF = {
    ADMIN_ACCESS_SECRET: 'kT4vBq8WzN3mXc6LpR1sYd9JfHgAe7uEo2KiVb5nCwZ',
    ADMIN_REFRESH_SECRET: 'pL7xUe2MdC9jSn4RbQf1WtHk6TgYv3oBi8EzJ5mAcXq',
    CUSTOMER_ACCESS_SECRET: SECRETS.access,
    CUSTOMER_REFRESH_SECRET: SECRETS.refresh,
  };
  const STORES = `import { MemoryUserStore } from '@acme/nest-auth';
    export const adminStore = new MemoryUserStore();
    export const customerStore = new MemoryUserStore();`;

  test('each area has its own routes, guard, strategies and tokens', async () => {
    Object.assign(process.env, SECRETS_OF);
    const page = await runDocumented<Page>('docs/guides/several-user-bases.md', 'AdminModule', STORES);
    for (const name of Object.keys(SECRETS_OF)) delete process.env[name];
    const { adminStore } = page as unknown as Record<string, MemoryUserStore>;
    const nest = await start(page.AppModule);
    const http = supertest(nest.getHttpServer());
    const email = 'both@example.org';

    // One person may have an account in both; registration is off for admins.
    await http.post('/admin/auth/register').send({ email, password: PASSWORD }).expect(404);
    const { body: customer } = await http
      .post('/customer/auth/register')
      .send({ email, password: PASSWORD })
      .expect(201);
    await http.post('/admin/auth/login').send({ email, password: PASSWORD }).expect(401);
    const password = 'an admin of some length';
    const passwordHash = await new BcryptHasher({ cost: 10 }).hash(password);
    await adminStore?.create({ login: email, passwordHash, roles: ['auditor'], profile: {} });
    const credentials = { email, password };
    const { body: admin } = await http.post('/admin/auth/login').send(credentials).expect(200);
    await http.post('/customer/auth/login').send(credentials).expect(401);

    const statuses = async (path: string) => {
      const answers = [];
      for (const { access_token } of [admin, customer]) answers.push(await http.get(path).set(...bearer(access_token)));
      return answers.map(({ status }) => status);
    };
    expect(await statuses('/admin/reports')).toEqual([200, 401]);
    expect(await statuses('/admin/auth/me')).toEqual([200, 401]);
    expect(await statuses('/customer/orders')).toEqual([401, 200]);
    expect(await statuses('/customer/auth/me')).toEqual([401, 200]);
    await http.get('/admin/reports').expect(401);
    await http.get('/customer/orders').expect(401);
    await http.post('/admin/auth/refresh').send({ refresh_token: customer.refresh_token }).expect(401);
    await http.post('/customer/auth/refresh').send({ refresh_token: admin.refresh_token }).expect(401);

    // A logout in one area does not log out in the other.
    await http
      .post('/customer/auth/logout')
      .set(...bearer(customer.access_token))
      .expect(204);
    expect(await statuses('/admin/reports')).toEqual([200, 401]);
    expect(await statuses('/customer/orders')).toEqual([401, 401]);
  });
});

test('docs/guides/write-a-feature.md: a chosen PIN is asked after the password, and a wrong one may be tried again', async () => {
  const { pin } = (await runDocumented<Page>('docs/guides/write-a-feature.md', 'class Pins')) as unknown as {
    pin: () => AuthFeature;
  };
  const options = { ...memoryStores(), secrets: SECRETS, features: [pin()], pin: { digits: 5 } };
  @Module({ imports: [AuthModule.forRoot(options)] })
  class AppModule {}
  const http = supertest((await start(AppModule)).getHttpServer());
  const credentials = { email: 'ann@example.org', password: PASSWORD };
  const { body: first } = await http.post('/auth/register').send(credentials).expect(201);
  const choose = (code: string) =>
    http
      .put('/auth/pin')
      .set(...bearer(first.access_token))
      .send({ pin: code });
  expect((await choose('4711').expect(400)).body.code).toBe('pin_malformed');
  await choose('47110').expect(204);

  const { body: asked } = await http.post('/auth/login').send(credentials).expect(200);
  expect(asked).toEqual({ challenge: 'pin', challenge_token: expect.any(String), expires_in: 300 });
  const answer = (code: string) => http.post('/auth/pin').send({ challenge_token: asked.challenge_token, pin: code });
  expect((await answer('00000')).body.code).toBe('wrong_answer');
  const { body } = await answer('47110').expect(200);
  expect((await answer('47110')).body.code).toBe('invalid_challenge');
  const [, claims = ''] = body.access_token.split('.');
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString()).amr).toEqual(['pwd', 'pin']);
});

test('docs/guides/api-keys.md: a service calls the handler that names keys', async () => {
  const before = `import { MemoryCredentialStore, MemoryUserStore } from '@acme/nest-auth';
    const [userStore, credentialStore] = [new MemoryUserStore(), new MemoryCredentialStore()];
    const secrets = ${JSON.stringify(SECRETS)};`;
  const page = await runDocumented<Page>('docs/guides/api-keys.md', 'BillingKeys', before);
  const nest = await start(page.AppModule);
  const key = await nest.get<{ make(): Promise<string> }>(page.BillingKeys as never).make();
  const { body } = await supertest(nest.getHttpServer()).get('/invoices').set('X-API-Key', key).expect(200);
  expect(body).toEqual({ caller: 'service:billing' });
});
