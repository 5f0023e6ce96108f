import {
  AuthModule,
  type AuthOptions,
  type AuthOptionsFactory,
  AuthService,
  BcryptHasher,
  CurrentUser,
  JwtAuthGuard,
  memoryStores,
  type Principal,
  UserStore,
} from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  Inject,
  Injectable,
  Module,
  UseGuards,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import supertest from 'supertest';
import { bearer, PASSWORD, SECRETS, signUp, startApp } from '../../support/app.js';

const OPTIONS: AuthOptions = {
  ...memoryStores(),
  secrets: SECRETS,
  password: { hasher: new BcryptHasher({ cost: 10 }) },
};

@Injectable()
class Config {
  readonly secrets = SECRETS;
}

@Module({ providers: [Config], exports: [Config] })
class ConfigModule {}

@Injectable()
class AuthConfig implements AuthOptionsFactory {
  constructor(@Inject(Config) private readonly config: Config) {}

  async createAuthModuleOptions(): Promise<AuthOptions> {
    return { ...OPTIONS, secrets: this.config.secrets };
  }
}

@Module({ imports: [ConfigModule], providers: [AuthConfig], exports: [AuthConfig] })
class AuthConfigModule {}

@Controller('notes')
class NotesController {
  @Get()
  list(@CurrentUser() caller: Principal | null) {
    return { caller: caller?.id ?? null };
  }
}

@Controller('guarded')
@UseGuards(JwtAuthGuard)
class GuardedController {
  @Get()
  list(@CurrentUser('id') id: string) {
    return { id };
  }
}

@Injectable()
class Onboarding {
  constructor(
    @Inject(AuthService) readonly auth: AuthService,
    @Inject(UserStore) readonly users: UserStore,
  ) {}
}

@Module({ controllers: [GuardedController], providers: [Onboarding] })
class ShopModule {}

async function start(imports: NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']>) {
  const moduleRef = await Test.createTestingModule({ imports, controllers: [NotesController] }).compile();
  const app =
    process.env.HTTP === 'fastify'
      ? moduleRef.createNestApplication(new FastifyAdapter() as never, { logger: false })
      : moduleRef.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  return { app, http: supertest(await app.getUrl()) };
}

describe('registering the module', () => {
  test.each([
    ['forRoot', () => AuthModule.forRoot({ ...OPTIONS, ...memoryStores() })],
    [
      'useFactory',
      () =>
        AuthModule.forRootAsync({
          imports: [ConfigModule],
          inject: [Config],
          useFactory: async ({ secrets }: Config) => ({ ...OPTIONS, secrets }),
        }),
    ],
    ['useClass', () => AuthModule.forRootAsync({ imports: [ConfigModule], useClass: AuthConfig })],
    ['useExisting', () => AuthModule.forRootAsync({ imports: [AuthConfigModule], useExisting: AuthConfig })],
  ])('%s: routes answer, and every other route is private', async (way, register) => {
    const { app, http } = await start([register()]);
    const { access } = await signUp({ http }, `${way}@example.org`);
    await http
      .get('/auth/me')
      .set(...bearer(access))
      .expect(200);
    await http
      .get('/notes')
      .set(...bearer(access))
      .expect(200);
    expect((await http.get('/notes').expect(401)).body.code).toBe('missing_token');
    await app.close();
  });

  test('a weak configuration does not start', async () => {
    const weak = AuthModule.forRoot({ ...OPTIONS, secrets: { access: 'secret', refresh: 'secret' } });
    await expect(Test.createTestingModule({ imports: [weak] }).compile()).rejects.toMatchObject({
      code: 'invalid_configuration',
    });
  });

  test('services and guards are there in every module of the app', async () => {
    const { app, http } = await start([AuthModule.forRoot({ ...OPTIONS, ...memoryStores() }), ShopModule]);
    const { auth, users } = app.get(Onboarding, { strict: false });
    await auth.register({ login: 'from-code@example.org', password: PASSWORD });
    expect(await users.findByLogin('from-code@example.org')).toMatchObject({ roles: [] });
    await http.get('/guarded').expect(401);
    await app.close();
  });

  test('isGlobal: false keeps them to the modules that import it', async () => {
    const auth = AuthModule.forRoot({ ...OPTIONS, isGlobal: false });
    await expect(Test.createTestingModule({ imports: [auth, ShopModule] }).compile()).rejects.toThrow(
      /resolve dependencies/,
    );
  });

  test('globalGuard: false leaves every route open but those that are guarded by hand', async () => {
    const { app, http } = await start([
      AuthModule.forRoot({ ...OPTIONS, ...memoryStores(), globalGuard: false }),
      ShopModule,
    ]);
    expect((await http.get('/notes').expect(200)).body).toEqual({ caller: null });
    await http.get('/guarded').expect(401);
    const { access } = await signUp({ http });
    await http
      .get('/guarded')
      .set(...bearer(access))
      .expect(200);
    await app.close();
  });

  test('tests replace a store or the global guard by its token', async () => {
    const { userStore } = memoryStores();
    const moduleRef = await Test.createTestingModule({
      imports: [AuthModule.forRoot(OPTIONS)],
      controllers: [NotesController],
    })
      .overrideProvider(UserStore)
      .useValue(userStore)
      .overrideProvider(JwtAuthGuard)
      .useValue({ canActivate: () => true })
      .compile();
    const app = moduleRef.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    await supertest(await app.getUrl())
      .get('/notes')
      .expect(200);
    await app.get(AuthService).register({ login: 'replaced@example.org', password: PASSWORD });
    expect(await userStore.findByLogin('replaced@example.org')).not.toBeNull();
    await app.close();
  });
});

describe('routes', () => {
  const ROUTES = [
    ['register', 'post', '/auth/register'],
    ['login', 'post', '/auth/login'],
    ['refresh', 'post', '/auth/refresh'],
    ['logout', 'post', '/auth/logout'],
    ['logoutAll', 'post', '/auth/logout-all'],
    ['me', 'get', '/auth/me'],
    ['password', 'post', '/auth/password'],
    ['confirm', 'post', '/auth/confirm'],
    ['sessions', 'get', '/auth/sessions'],
    ['sessions', 'delete', '/auth/sessions/x'],
    ['jwks', 'get', '/.well-known/jwks.json'],
  ] as const;

  test.each(ROUTES)('%s can be turned off (%s %s)', async (name, method, path) => {
    const on = await startApp();
    const off = await startApp({ routes: { [name]: false } });
    const { access } = await signUp(on);
    const withIt = await on.http[method](path).set(...bearer(access));
    expect(withIt.body.message ?? '').not.toMatch(/Cannot|Route/);
    const without = await off.http[method](path).set(...bearer(access));
    expect(without.status).toBe(404);
    expect(without.body.message).toMatch(/Cannot|Route/);
    for (const [other, verb, otherPath] of ROUTES) {
      if (other === name) continue;
      const answer = await off.http[verb](otherPath);
      expect(answer.body.message ?? '').not.toMatch(/Cannot|Route/);
    }
    await on.close();
    await off.close();
  });

  test('the prefix can be changed, beside a global prefix of the app', async () => {
    const app = await startApp({ routes: { prefix: 'v2/account' }, configure: (nest) => nest.setGlobalPrefix('api') });
    await app.http.post('/auth/register').send({ email: 'a@example.org', password: PASSWORD }).expect(404);
    await app.http.post('/api/v2/account/register').send({ email: 'a@example.org', password: PASSWORD }).expect(201);
    await app.close();
  });

  test('routes: false leaves the guard and the services', async () => {
    const app = await startApp({ routes: false, controllers: [NotesController] });
    await app.http.post('/auth/login').send({}).expect(404);
    await app.http.get('/notes').expect(401);
    await app.close();
  });
});

/** As many apps write it. */
@Catch()
class CatchAllFilter implements ExceptionFilter {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost) {
    const status = exception instanceof HttpException ? exception.getStatus() : 500;
    this.adapterHost.httpAdapter.reply(host.switchToHttp().getResponse(), { mine: true, status }, status);
  }
}

describe("an app's own catch-all filter", () => {
  test('sees a refusal of the guard as the 401 it is; the library keeps the shape of its own routes', async () => {
    const app = await startApp({
      controllers: [NotesController],
      configure: (nest) => {
        nest.useGlobalFilters(new CatchAllFilter(nest.get(HttpAdapterHost)));
      },
    });
    expect((await app.http.get('/notes').expect(401)).body).toEqual({ mine: true, status: 401 });
    const login = await app.http.post('/auth/login').send({ email: 'x@example.org', password: 'wrong' }).expect(401);
    expect(login.body.code).toBe('invalid_credentials');
    await app.close();
  });
});
