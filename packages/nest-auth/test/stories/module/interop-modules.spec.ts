import { generateKeyPairSync } from 'node:crypto';
import { AuthModule, type AuthOptions, AuthService, CurrentUser, memoryStores, Public, Roles } from '@acme/nest-auth';
import { actAs } from '@acme/nest-auth/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  Controller,
  Get,
  Injectable,
  Module,
  type ModuleMetadata,
  Scope,
  VERSION_NEUTRAL,
  Version,
  VersioningType,
} from '@nestjs/common';
import { ConfigModule, ConfigService, registerAs } from '@nestjs/config';
import { APP_GUARD, RouterModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { bearer, PASSWORD, SECRETS, startApp, type TestApp, type TestAppOptions } from '../../support/app.js';
import { loadCommonJs } from '../../support/commonjs.js';

const { SkipThrottle, ThrottlerGuard, ThrottlerModule } =
  loadCommonJs<typeof import('@nestjs/throttler')>('@nestjs/throttler');

let app: TestApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const start = async (options: TestAppOptions) => {
  app = await startApp(options);
  return app;
};

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const withKeyPair: Partial<AuthOptions> = {
  secrets: { ...SECRETS, access: { alg: 'ES256', privateKey } },
};

@Controller('notes')
class NotesController {
  @Get()
  list(@CurrentUser('id') id: string) {
    return { id };
  }
  @Public()
  @Get('open')
  open() {
    return {};
  }
  @Roles('admin')
  @Get('all')
  all() {
    return {};
  }
}

describe('versions', () => {
  @Controller({ path: 'cats', version: '1' })
  class CatsController {
    @Get()
    list() {
      return { version: 1 };
    }
    @Version('2')
    @Roles('admin')
    @Get()
    listForAdmins() {
      return { version: 2 };
    }
  }

  const accept = (version: string) => ({ accept: `application/json;v=${version}` });
  test.each([
    ['URI', { type: VersioningType.URI } as const, (version: string) => [`/v${version}/cats`, {}] as const],
    [
      'header',
      { type: VersioningType.HEADER, header: 'x-version' } as const,
      (version: string) => ['/cats', { 'x-version': version }] as const,
    ],
    [
      'media type',
      { type: VersioningType.MEDIA_TYPE, key: 'v=' } as const,
      (version: string) => ['/cats', accept(version)] as const,
    ],
  ])('by %s: each handler has its own policy', async (_by, options, address) => {
    const { http, app: nest } = await start({
      controllers: [CatsController],
      configure: (it) => {
        it.enableVersioning(options);
      },
    });
    const user = await actAs(nest, { id: 'ann' });
    const admin = await actAs(nest, { id: 'bob', roles: ['admin'] });
    const get = (version: string, who: Record<string, string>) => {
      const [path, headers] = address(version);
      return http.get(path).set(headers).set(who);
    };
    await get('1', {}).expect(401);
    expect((await get('1', user).expect(200)).body).toEqual({ version: 1 });
    await get('2', {}).expect(401);
    await get('2', user).expect(403);
    expect((await get('2', admin).expect(200)).body).toEqual({ version: 2 });
  });

  const body = { email: 'versions@example.org', password: PASSWORD };

  test('our routes are of the default version, as any controller; the public keys are of none', async () => {
    const { http } = await start({
      options: withKeyPair,
      configure: (nest) => {
        nest.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
      },
    });
    await http.post('/auth/register').send(body).expect(404);
    const { access_token } = (await http.post('/v1/auth/register').send(body).expect(201)).body;
    await http
      .get('/v1/auth/me')
      .set(...bearer(access_token))
      .expect(200);
    await http.get('/.well-known/jwks.json').expect(200);
    await http.get('/v1/.well-known/jwks.json').expect(404);
  });

  test('the public keys need no header where every other route does', async () => {
    const { http } = await start({
      options: withKeyPair,
      configure: (nest) => {
        nest.enableVersioning({ type: VersioningType.HEADER, header: 'x-version', defaultVersion: '1' });
      },
    });
    await http.post('/auth/register').send(body).expect(404);
    await http.post('/auth/register').set('x-version', '1').send(body).expect(201);
    await http.get('/.well-known/jwks.json').expect(200);
  });

  test('without a default version our routes are where they always were; a neutral one serves both', async () => {
    const { http } = await start({
      configure: (nest) => {
        nest.enableVersioning({ type: VersioningType.URI });
      },
    });
    await http.post('/auth/register').send(body).expect(201);
    await app?.close();
    const both = await start({
      configure: (nest) => {
        nest.enableVersioning({ type: VersioningType.URI, defaultVersion: [VERSION_NEUTRAL, '1'] });
      },
    });
    await both.http.post('/auth/register').send(body).expect(201);
    await both.http.post('/v1/auth/login').send(body).expect(200);
  });
});

describe('a global prefix', () => {
  const body = { email: 'prefix@example.org', password: PASSWORD };

  test('stands before our routes too, and before the public keys unless they are excluded', async () => {
    const prefixed = await start({
      options: withKeyPair,
      configure: (nest) => {
        nest.setGlobalPrefix('api');
      },
    });
    await prefixed.http.post('/api/auth/register').send(body).expect(201);
    await prefixed.http.get('/api/.well-known/jwks.json').expect(200);
    await prefixed.close();
    const { http } = await start({
      options: withKeyPair,
      configure: (nest) => {
        nest.setGlobalPrefix('api', { exclude: ['.well-known/jwks.json'] });
        nest.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
      },
    });
    await http.post('/api/v1/auth/register').send(body).expect(201);
    expect((await http.get('/.well-known/jwks.json').expect(200)).body.keys).toHaveLength(1);
    await http.get('/api/.well-known/jwks.json').expect(404);
  });
});

describe('RouterModule', () => {
  @Module({ controllers: [NotesController] })
  class NotesModule {}

  test('moves our routes and the ones of the app; guard and policy go with them', async () => {
    const { http } = await start({
      options: withKeyPair,
      imports: [
        NotesModule,
        RouterModule.register([
          { path: 'shop', module: NotesModule },
          { path: 'shop/account', module: AuthModule },
        ]),
      ],
    });
    await http.post('/auth/register').send({}).expect(404);
    const body = { email: 'router@example.org', password: PASSWORD };
    const { access_token } = (await http.post('/shop/account/auth/register').send(body).expect(201)).body;
    await http.get('/shop/account/auth/me').expect(401);
    await http.get('/shop/account/.well-known/jwks.json').expect(200);
    await http.get('/shop/notes/open').expect(200);
    const refused = await http.get('/shop/notes').expect(401);
    expect([refused.body.code, refused.headers['www-authenticate']]).toEqual(['missing_token', 'Bearer realm="api"']);
    await http
      .get('/shop/notes')
      .set(...bearer(access_token))
      .expect(200);
    await http
      .get('/shop/notes/all')
      .set(...bearer(access_token))
      .expect(403);
  });
});

describe('@nestjs/throttler', () => {
  let trackers: string[] = [];

  @Controller('busy')
  class BusyController {
    @Get()
    list() {
      return {};
    }
    @SkipThrottle()
    @Get('skipped')
    skipped() {
      return {};
    }
  }

  /** By user if the user is known, otherwise by address. */
  const throttler = () =>
    ThrottlerModule.forRoot({
      throttlers: [{ ttl: 60_000, limit: 3 }],
      getTracker: ({ user, ip }) => {
        trackers.push(user?.id ?? ip);
        return user?.id ?? ip;
      },
    });

  @Module({ providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }] })
  class LimitsModule {}

  const statuses = async (count: number, headers: Record<string, string>) => {
    const answers: number[] = [];
    for (let call = 0; call < count; call++) answers.push((await app!.http.get('/busy').set(headers)).status);
    return answers;
  };

  test('before ours: it counts addresses, also of requests that are refused, and users do not have their own', async () => {
    const { app: nest } = await start({
      controllers: [BusyController],
      imports: [throttler()],
      providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
    });
    const [ann, bob] = [await actAs(nest, { id: 'ann' }), await actAs(nest, { id: 'bob' })];
    trackers = [];
    expect(await statuses(2, {})).toEqual([401, 401]);
    expect(await statuses(2, ann)).toEqual([200, 429]);
    expect(await statuses(1, bob)).toEqual([429]);
    expect(new Set(trackers)).toEqual(new Set(['127.0.0.1']));
  });

  test('after ours: each user has a budget, and a refused request takes from none', async () => {
    const { http, app: nest } = await start({
      controllers: [BusyController],
      imports: [throttler()],
      later: [LimitsModule],
    });
    const [ann, bob] = [await actAs(nest, { id: 'ann' }), await actAs(nest, { id: 'bob' })];
    trackers = [];
    expect(await statuses(4, {})).toEqual([401, 401, 401, 401]);
    expect(trackers).toEqual([]);
    expect(await statuses(4, ann)).toEqual([200, 200, 200, 429]);
    expect(await statuses(3, bob)).toEqual([200, 200, 200]);
    expect(new Set(trackers)).toEqual(new Set(['ann', 'bob']));
    await http.get('/busy/skipped').expect(401);
    await http.get('/busy/skipped').set(ann).expect(200);
  });

  test('limits our own routes as well', async () => {
    const { http } = await start({ imports: [throttler()], later: [LimitsModule] });
    const attempt = () => http.post('/auth/login').send({ email: 'nobody@example.org', password: 'wrong' });
    for (const status of [401, 401, 401, 429]) await attempt().expect(status);
  });
});

describe('@nestjs/config', () => {
  const VARIABLES: Record<string, unknown> = {
    AUTH_ACCESS_SECRET: SECRETS.access,
    AUTH_REFRESH_SECRET: SECRETS.refresh,
  };
  const config = (load: () => Record<string, unknown>, isGlobal = false) =>
    ConfigModule.forRoot({ ignoreEnvFile: true, ignoreEnvVars: true, isGlobal, load: [load] });

  const fromService = (read: 'get' | 'getOrThrow', imports: ModuleMetadata['imports'] = []) =>
    AuthModule.forRootAsync({
      imports,
      inject: [ConfigService],
      useFactory: (service: ConfigService) => {
        const [access, refresh] = ['AUTH_ACCESS_SECRET', 'AUTH_REFRESH_SECRET'].map((name) =>
          read === 'get' ? service.get(name) : service.getOrThrow(name),
        );
        return { ...memoryStores(), secrets: { access, refresh } };
      },
    });

  const authConfig = registerAs('auth', (): AuthOptions => ({ ...memoryStores(), secrets: SECRETS }));

  const boot = async (imports: NonNullable<ModuleMetadata['imports']>) => {
    const moduleRef = await Test.createTestingModule({ imports }).compile();
    await moduleRef.init();
    return moduleRef;
  };

  test.each([
    ['imported by ours', () => [fromService('getOrThrow', [config(() => VARIABLES)])]],
    ['global', () => [config(() => VARIABLES, true), fromService('getOrThrow')]],
    ['global, and imported later', () => [fromService('getOrThrow'), config(() => VARIABLES, true)]],
    ['a namespace as a whole', () => [config(() => ({})), AuthModule.forRootAsync(authConfig.asProvider())]],
    [
      'a namespace with forFeature',
      () => [
        config(() => ({}), true),
        AuthModule.forRootAsync({
          imports: [ConfigModule.forFeature(authConfig)],
          inject: [authConfig.KEY],
          useFactory: (options: AuthOptions) => options,
        }),
      ],
    ],
  ])('gives the options: %s', async (_way, imports) => {
    const moduleRef = await boot(imports());
    const answer = moduleRef.get(AuthService).register({ login: 'config@example.org', password: PASSWORD });
    await expect(answer).resolves.toHaveProperty('access_token');
    await moduleRef.close();
  });

  test('a missing variable stops the boot, by its name or by that of the option', async () => {
    const without = () => ({ AUTH_REFRESH_SECRET: SECRETS.refresh });
    await expect(boot([fromService('getOrThrow', [config(without)])])).rejects.toThrow(/AUTH_ACCESS_SECRET/);
    await expect(boot([fromService('get', [config(without)])])).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringContaining('secrets.access'),
    });
  });
});

describe('options that depend on the request', () => {
  @Injectable({ scope: Scope.REQUEST })
  class Tenant {}
  @Module({ providers: [Tenant], exports: [Tenant] })
  class TenantModule {}

  test.each([true, false])('stop the boot (globalGuard: %s)', async (globalGuard) => {
    const auth = AuthModule.forRootAsync({
      imports: [TenantModule],
      inject: [Tenant],
      useFactory: () => ({ ...memoryStores(), secrets: SECRETS }),
      globalGuard,
    });
    const boot = async () => {
      const moduleRef = await Test.createTestingModule({ imports: [auth] }).compile();
      await moduleRef.init();
    };
    await expect(boot()).rejects.toThrow(/request-scoped/i);
  });
});
