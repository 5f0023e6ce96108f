import {
  Authenticated,
  AuthModule,
  type AuthOptions,
  AuthService,
  CurrentUser,
  JwtAuthGuard,
  JwtStrategy,
  memoryStores,
} from '@acme/nest-auth';
import { actAs } from '@acme/nest-auth/testing';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  Controller,
  Get,
  type INestApplication,
  Inject,
  Injectable,
  Logger,
  Module,
  type ModuleMetadata,
  Scope,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD, REQUEST } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import passport from 'passport';
import { Strategy } from 'passport-custom';
import supertest from 'supertest';
import { SECRETS } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';

const OTHER_SECRETS = {
  access: 'mB4xTq9WzL2kVc7NpR5sYd1JfHgAa8uEe3oKi6nXtCw',
  refresh: 'rG6jUe3NxD9kSn2MbQf5XsHl7UeZw1pBj4FzK8oLdYh',
};
const options = (changes: Partial<AuthOptions> = {}): AuthOptions => ({
  ...memoryStores(),
  secrets: SECRETS,
  password: { hasher: new FakeHasher() },
  ...changes,
});
const RESOURCE_SERVER = { keys: SECRETS.access, issuer: 'https://auth.example.org', audience: 'notes' };

const warnings = jest.fn();
const apps: INestApplication[] = [];
beforeEach(() => {
  warnings.mockClear();
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(warnings);
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const app of apps.splice(0)) await app.close();
  // Strategies that a test's app has registered itself would affect the next app.
  for (const name of ['jwt', 'local', 'refresh']) passport.unuse(name);
});

async function boot(metadata: ModuleMetadata): Promise<INestApplication> {
  const moduleRef = await Test.createTestingModule(metadata).compile();
  const app: INestApplication =
    process.env.HTTP === 'fastify'
      ? moduleRef.createNestApplication(new FastifyAdapter() as never, { logger: false })
      : moduleRef.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  apps.push(app);
  return app;
}

async function refusal(metadata: ModuleMetadata | (() => ModuleMetadata)): Promise<string> {
  try {
    await boot(typeof metadata === 'function' ? metadata() : metadata);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_configuration' });
    return (error as Error).message;
  }
  throw new Error('It booted.');
}

const httpOf = async (app: INestApplication) => supertest((await app.getUrl()).replace('[::1]', '127.0.0.1'));

@Injectable()
class ForeignJwt extends PassportStrategy(Strategy, 'jwt') {
  validate() {
    return { id: 'foreign' };
  }
}
@Injectable()
class ForeignLocal extends PassportStrategy(Strategy, 'local') {
  validate() {
    return { id: 'foreign' };
  }
}
@Injectable()
class ForeignRefresh extends PassportStrategy(Strategy, 'refresh') {
  validate() {
    return { id: 'foreign' };
  }
}
@Injectable()
class OwnName extends PassportStrategy(Strategy, 'api-key') {
  validate() {
    return { id: 'robot' };
  }
}

@Controller('passport')
class PassportController {
  @UseGuards(AuthGuard('jwt'))
  @Get()
  list(@CurrentUser('id') id: string) {
    return { id };
  }
}

describe('two global guards in one app', () => {
  test.each<[string, () => ModuleMetadata]>([
    ['of two AuthModules', () => ({ imports: [AuthModule.forRoot(options()), AuthModule.forRoot(options())] })],
    [
      'of an AuthModule and a resource server',
      () => ({ imports: [AuthModule.forRoot(options()), AuthModule.forResourceServer(RESOURCE_SERVER)] }),
    ],
    [
      'of two resource servers',
      () => ({
        imports: [
          AuthModule.forResourceServer(RESOURCE_SERVER),
          AuthModule.forResourceServer({ ...RESOURCE_SERVER, audience: 'mail' }),
        ],
      }),
    ],
    [
      'that two modules register by hand',
      () => {
        const area = () => AuthModule.forRoot({ ...options(), isGlobal: false, globalGuard: false });
        @Module({ imports: [area()], providers: [{ provide: APP_GUARD, useExisting: JwtAuthGuard }] })
        class AdminModule {}
        @Module({ imports: [area()], providers: [{ provide: APP_GUARD, useExisting: JwtAuthGuard }] })
        class CustomerModule {}
        return { imports: [AdminModule, CustomerModule] };
      },
    ],
  ])('two global guards do not boot: %s', async (_, metadata) => {
    expect(await refusal(metadata)).toMatch(/2 modules of it have a global guard.*globalGuard: false/);
  });

  test('one AuthModule that two modules import has one global guard', async () => {
    const auth = AuthModule.forRoot(options());
    @Module({ imports: [auth] })
    class ShopModule {}
    await boot({ imports: [auth, ShopModule] });
  });

  test('two AuthModules boot if only one of them has a global guard', async () => {
    const second = AuthModule.forRoot({ ...options(), isGlobal: false, globalGuard: false, routes: false });
    await boot({ imports: [AuthModule.forRoot(options()), second] });
  });
});

test.each([
  ['the routes', {}, /two modules of it have routes under '\/auth', of which only one would answer.*prefix/],
  ['the public keys', { prefix: 'admin/auth' }, /routes under '\/\.well-known'.*jwks: false/],
])('two AuthModules with one path do not boot: %s', async (_, routes, message) => {
  const area = (own: object) => AuthModule.forRoot({ ...options(), isGlobal: false, globalGuard: false, routes: own });
  expect(await refusal({ imports: [area({}), area(routes)] })).toMatch(message);
  await boot({ imports: [area({}), area({ prefix: 'admin/auth', jwks: false })] });
});

test('two AuthModules that set cookies of one name do not boot: a login at one would end that at the other', async () => {
  const area = (prefix: string, cookies = {}) =>
    AuthModule.forRoot({
      ...{ ...options(), transport: 'both', cookies },
      ...{ isGlobal: false, globalGuard: false, routes: { prefix, jwks: false } },
    });
  const own = { access: '__Host-Http-admin-access', refresh: '__Host-Http-admin-refresh' };
  for (const cookies of [{}, { access: own.access }, { access: '__Host-Http-refresh', refresh: own.refresh }])
    expect(await refusal({ imports: [area('auth'), area('admin/auth', cookies)] })).toMatch(
      /two modules of it set the cookie __Host-Http-(access|refresh), .*cookies: \{ access, refresh \}/,
    );
  await boot({ imports: [area('auth'), area('admin/auth', own)] });
  const shared = area('auth');
  await boot({ imports: [shared, shared] });
});

describe('a strategy of the app under a name of ours', () => {
  test.each([
    ['jwt', ForeignJwt],
    ['local', ForeignLocal],
    ['refresh', ForeignRefresh],
  ])('a strategy of the app that is named %s does not boot, whichever was registered first', async (name, strategy) => {
    @Module({ providers: [strategy] })
    class StrategyModule {}
    const auth = () => AuthModule.forRoot(options());
    for (const imports of [
      [StrategyModule, auth()],
      [auth(), StrategyModule],
    ]) {
      const message = await refusal({ imports });
      expect(message).toContain(`${strategy.name} of StrategyModule is a Passport strategy named '${name}'`);
      // The app's own module is often called AuthModule, too.
      expect(message).toContain('so is one of @acme/nest-auth.');
      expect(message).toContain(`PassportStrategy(Strategy, 'my-${name}') and AuthGuard('my-${name}')`);
    }
    await boot({ imports: [auth()] });
    expect(warnings).not.toHaveBeenCalled();
  });

  test('a subclass of our strategy does not boot under our name; other names are free', async () => {
    @Injectable()
    class MyJwt extends JwtStrategy {}
    expect(await refusal({ imports: [AuthModule.forRoot(options())], providers: [MyJwt] })).toMatch(/'jwt'/);
    await boot({ imports: [AuthModule.forRoot(options())], providers: [OwnName] });
  });

  test('a resource server has no login, so that local and refresh are free there', async () => {
    const server = () => AuthModule.forResourceServer(RESOURCE_SERVER);
    await boot({ imports: [server()], providers: [ForeignLocal, ForeignRefresh] });
    expect(await refusal({ imports: [server()], providers: [ForeignJwt] })).toMatch(/'jwt'/);
  });
});

describe("two apps in one process whose AuthGuard('jwt') meet", () => {
  const start = (secrets: AuthOptions['secrets']) =>
    boot({
      imports: [AuthModule.forRoot({ ...options({ secrets }), globalGuard: false })],
      controllers: [PassportController],
    });

  test("two apps that use AuthGuard('jwt') with different keys are warned", async () => {
    await start(SECRETS);
    expect(warnings).not.toHaveBeenCalled();
    await start(OTHER_SECRETS);
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(warnings).toHaveBeenCalledWith(expect.stringMatching(/two Passport strategies named 'jwt'.*JwtAuthGuard/));
  });

  test('two apps are not warned if they have the same keys, run one after the other, or use no such guard', async () => {
    await start(SECRETS);
    await start({ ...SECRETS, refresh: OTHER_SECRETS.refresh });
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await start(OTHER_SECRETS);
    await Promise.all(apps.splice(0).map((app) => app.close()));
    for (const secrets of [SECRETS, OTHER_SECRETS]) {
      await boot({ imports: [AuthModule.forRoot(options({ secrets }))] });
    }
    expect(warnings).not.toHaveBeenCalled();
  });

  test('an app has its own strategy again when the other app closes', async () => {
    const first = await start(SECRETS);
    const second = await start(OTHER_SECRETS);
    const get = async (app: INestApplication) =>
      (await httpOf(app)).get('/passport').set(await actAs(app, { id: 'ann' }));
    expect([(await get(first)).status, (await get(second)).status]).toEqual([401, 200]);
    await second.close();
    apps.pop();
    expect((await get(first)).body).toEqual({ id: 'ann' });
  });
});

describe('imports: [AuthModule]', () => {
  test.each<[string, () => ModuleMetadata['imports']]>([
    ['alone', () => [AuthModule]],
    ['before forRoot', () => [AuthModule, AuthModule.forRoot(options())]],
    ['after forRoot', () => [AuthModule.forRoot(options()), AuthModule]],
  ])('AuthModule imported without forRoot says so: %s', async (_, imports) => {
    expect(await refusal(() => ({ imports: imports() ?? [] }))).toMatch(
      /AuthModule is imported without options.*AuthModule\.forRoot\(\{ … \}\).*remove it/,
    );
  });
});

describe('a request-scoped provider behind the options', () => {
  @Injectable({ scope: Scope.REQUEST })
  class Tenant {}
  @Injectable()
  class Tenants {
    constructor(@Inject(Tenant) readonly tenant: Tenant) {}
  }
  @Injectable()
  class ByProperty {
    @Inject(Tenant) readonly tenant!: Tenant;
  }
  @Module({ providers: [Tenant, Tenants, ByProperty], exports: [Tenant, Tenants, ByProperty] })
  class TenantModule {}
  @Module({ imports: [TenantModule], exports: [TenantModule] })
  class ReexportingModule {}
  @Injectable()
  class AuthConfig {
    constructor(@Inject(Tenants) readonly tenants: Tenants) {}
    createAuthModuleOptions = () => options();
  }

  const MESSAGE = /options come from a request-scoped provider.*inject singletons only/;
  test.each<[string, ModuleMetadata['imports'], unknown[]]>([
    ['itself', [TenantModule], [Tenant]],
    ['further down', [TenantModule], [Tenants]],
    ['as a property', [TenantModule], [ByProperty]],
    ['from a module that is re-exported', [ReexportingModule], [{ token: Tenants, optional: true }]],
    ['the request', [], [REQUEST]],
  ])('a request-scoped provider behind the options is named before Nest refuses it: %s', async (_, imports, inject) => {
    const auth = () =>
      AuthModule.forRootAsync({ imports: imports ?? [], inject: inject as never, useFactory: () => options() });
    expect(await refusal(() => ({ imports: [auth()] }))).toMatch(MESSAGE);
  });

  test('a request-scoped provider behind useClass is named', async () => {
    const auth = AuthModule.forRootAsync({ imports: [TenantModule], useClass: AuthConfig });
    expect(await refusal({ imports: [auth] })).toMatch(MESSAGE);
  });
});

test('options that need what is built from them: the cycle is named, with the way out', async () => {
  @Injectable()
  class UsersService {
    constructor(@Inject(AuthService) readonly auth: AuthService) {}
  }
  @Module({ providers: [UsersService], exports: [UsersService] })
  class UsersModule {}
  const auth = AuthModule.forRootAsync({
    imports: [UsersModule],
    inject: [UsersService],
    useFactory: () => options(),
  });
  expect(await refusal({ imports: [auth] })).toMatch(
    /its options need UsersService, which needs AuthService, which is built from the options.*ModuleRef/,
  );
});

test('a strategy of the module itself is asked by @Authenticated, whoever registered the name last', async () => {
  @Controller('named')
  class NamedController {
    @Authenticated('jwt', 'api-key')
    @Get()
    list(@CurrentUser('id') id: string) {
      return { id };
    }
  }
  const first = await boot({
    imports: [AuthModule.forRoot(options())],
    controllers: [NamedController],
    providers: [OwnName],
  });
  await boot({ imports: [AuthModule.forRoot(options({ secrets: OTHER_SECRETS }))] });
  const http = await httpOf(first);
  expect((await http.get('/named').set(await actAs(first, { id: 'ann' }))).body).toEqual({ id: 'ann' });
});
