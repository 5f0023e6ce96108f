import {
  AllRoles,
  type AuthErrorCode,
  Authenticated,
  Authorize,
  JwtAuthGuard,
  OptionalAuth,
  Permissions,
  Public,
  Require,
  RequireRecent,
  Roles,
  RolesGuard,
} from '@acme/nest-auth';
import { RequireVerifiedEmail } from '@acme/nest-auth/email-verification';
import { createAuthDocument } from '@acme/nest-auth/openapi';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  All,
  type CanActivate,
  Controller,
  Get,
  type INestApplication,
  Logger,
  Module,
  Param,
  Post,
  UseGuards,
  Version,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { PassportStrategy } from '@nestjs/passport';
import {
  ApiBearerAuth,
  ApiCookieAuth,
  ApiExcludeController,
  ApiExcludeEndpoint,
  ApiOperation,
  ApiResponse,
  DocumentBuilder,
} from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { Strategy } from 'passport-custom';
import { startApp, type TestApp, type TestAppOptions } from '../../support/app.js';
import { BEARER, documentOf, OPTIONAL } from '../../support/openapi.js';

let testApp: TestApp | undefined;
afterEach(async () => {
  await testApp?.close();
  testApp = undefined;
});

/** An app without the library's routes, unless it asks for them. */
async function start(options: TestAppOptions) {
  testApp = await startApp({ routes: false, ...options });
  return testApp;
}

class ApiKeyStrategy extends PassportStrategy(Strategy, 'api-key') {
  validate() {
    return null;
  }
}

class Turnstile implements CanActivate {
  canActivate() {
    return true;
  }
}

@Controller('notes')
class NotesController {
  @Get() mine() {}
  @Public() @Get('count') count() {}
  @OptionalAuth() @Get('latest') latest() {}
  @Roles('admin', 'editor') @Get('all') all() {}
  @AllRoles('admin', 'owner') @Post() create() {}
  @Permissions('notes:read', 'notes:audit') @Get('audit') audit() {}
  @Authorize(() => true) @Get(':id') one(@Param('id') id: string) {
    return id;
  }
}

/** Its routes have the policy of the class, unless they have their own. */
@Public()
@Controller('pages')
class PagesController {
  @Get() index() {}
  @Roles('editor') @Get('drafts') drafts() {}
  @All('echo') echo() {}
  @Get(['a', 'b']) twice() {}
}

describe('who may call an operation', () => {
  test('is said as the decorators say it', async () => {
    const { security } = await documentOf(await start({ controllers: [NotesController, PagesController] }));
    expect(security).toMatchObject({
      'get /notes': BEARER,
      'get /notes/count': [],
      'get /notes/latest': OPTIONAL,
      'get /notes/all': BEARER,
      'post /notes': BEARER,
      'get /notes/audit': BEARER,
      'get /notes/{id}': BEARER,
      'get /pages': [],
      'get /pages/drafts': BEARER,
      'get /pages/echo': [],
      'delete /pages/echo': [],
      'get /pages/a': [],
      'get /pages/b': [],
    });
    expect(Object.values(security)).not.toContain(undefined);
  });

  test('is said as the app behaves', async () => {
    const { security } = await documentOf(await start({ controllers: [NotesController, PagesController] }));
    for (const [key, said] of Object.entries(security)) {
      const [method = '', path = ''] = key.split(' ');
      if (!['get', 'post'].includes(method)) continue;
      const { status } = await testApp!.http[method as 'get' | 'post'](path);
      expect([key, status === 401]).toEqual([key, JSON.stringify(said) === JSON.stringify(BEARER)]);
    }
  });

  test('has its roles, permissions and checks in words, after those of the app', async () => {
    @Controller()
    class Described {
      @Roles('admin') @ApiOperation({ description: 'Everything.' }) @Get() all() {}
    }
    const { at } = await documentOf(await start({ controllers: [NotesController, Described] }));
    expect(at('get', '/').description).toBe('Everything.\n\nRoles: admin.');
    expect(at('get', '/notes/all').description).toBe('Roles: admin or editor.');
    expect(at('post', '/notes').description).toBe('Roles: admin and owner.');
    expect(at('get', '/notes/audit').description).toBe('Permissions: notes:read and notes:audit.');
    expect(at('get', '/notes/{id}').description).toBe('A further check decides.');
    expect(at('get', '/notes').description).toBeUndefined();
  });

  test('stays as the app has written it by hand', async () => {
    @Controller()
    class ByHand {
      @ApiCookieAuth() @Get('cookie') cookie() {}
      @ApiOperation({ security: [{ own: [] }] }) @Get('own') own() {}
    }
    @ApiBearerAuth('other')
    @Controller('class')
    class ByClass {
      @Public() @Get() open() {}
    }
    const config = new DocumentBuilder()
      .addCookieAuth()
      .addBasicAuth(undefined, 'own')
      .addBearerAuth(undefined, 'other')
      .build();
    const { security } = await documentOf(await start({ controllers: [ByHand, ByClass] }), config);
    expect(security).toEqual({
      'get /cookie': [{ cookie: [] }],
      'get /own': [{ own: [] }],
      'get /class': [{ other: [] }],
    });
  });

  test('is public even where the document asks for a token everywhere', async () => {
    const config = new DocumentBuilder().addBearerAuth().addSecurityRequirements('bearer').build();
    const { at } = await documentOf(await start({ controllers: [NotesController] }), config);
    expect(at('get', '/notes/count').security).toEqual([]);
  });

  test("is left open where a guard of the app's own may ask for something", async () => {
    @Controller()
    class Turnstiles {
      @Public() @UseGuards(Turnstile) @Get('public') open() {}
      @UseGuards(new Turnstile()) @Get('private') closed() {}
    }
    const { security } = await documentOf(await start({ controllers: [Turnstiles] }));
    expect(security).toEqual({ 'get /public': undefined, 'get /private': BEARER });
  });
});

describe('the security scheme', () => {
  test('of access tokens is declared', async () => {
    const { document } = await documentOf(await start({ controllers: [NotesController] }));
    expect(document.components?.securitySchemes).toEqual({
      bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    });
  });

  test('can have another name, and is not overwritten', async () => {
    const config = new DocumentBuilder()
      .addOAuth2({ type: 'oauth2', flows: { password: { tokenUrl: '/auth/login', scopes: {} } } }, 'login')
      .build();
    const app = await start({ controllers: [NotesController] });
    const { document, at } = await documentOf(app, config, { bearer: 'login' });
    expect(document.components?.securitySchemes).toMatchObject({ login: { type: 'oauth2' } });
    expect(at('get', '/notes').security).toEqual([{ login: [] }]);
    expect(at('get', '/notes/latest').security).toEqual([{ login: [] }, {}]);
  });

  @Controller()
  class StrategiesController {
    @Authenticated('api-key') @Get('key') key() {}
    @Authenticated('api-key', 'jwt') @Get('either') either() {}
  }
  const withStrategy = { controllers: [StrategiesController], providers: [ApiKeyStrategy] };

  test('of a strategy is the one of its name', async () => {
    const config = new DocumentBuilder()
      .addApiKey({ type: 'apiKey', name: 'X-Api-Key', in: 'header' }, 'api-key')
      .build();
    const { security, at } = await documentOf(await start(withStrategy), config);
    expect(security).toEqual({ 'get /key': [{ 'api-key': [] }], 'get /either': [{ 'api-key': [] }, { bearer: [] }] });
    expect(at('get', '/key').description).toBeUndefined();
  });

  test('of a strategy is never the bearer token because none was declared', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { at } = await documentOf(await start(withStrategy));
    expect(at('get', '/key').security).toBeUndefined();
    expect(at('get', '/key').description).toBe('Authenticated by: api-key.');
    expect(at('get', '/key').responses).toHaveProperty('401');
    expect(at('get', '/either').security).toEqual(BEARER);
    expect(at('get', '/either').description).toBe('Authenticated by: api-key or jwt.');
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("no security scheme 'api-key'"));
    warn.mockRestore();
  });
});

describe('refusals', () => {
  test('are those that the guard makes, and no others', async () => {
    const { at } = await documentOf(await start({ controllers: [NotesController] }));
    const statuses = (method: string, path: string) => Object.keys(at(method, path).responses).sort();
    expect(statuses('get', '/notes')).toEqual(['200', '401', '503']);
    expect(statuses('get', '/notes/count')).toEqual(['200']);
    expect(statuses('get', '/notes/latest')).toEqual(['200', '401', '503']);
    expect(statuses('get', '/notes/all')).toEqual(['200', '401', '403', '503']);
    expect(statuses('get', '/notes/{id}')).toEqual(['200', '401', '403', '503']);
  });

  test('have their codes and headers', async () => {
    const { at, document } = await documentOf(await start({ controllers: [NotesController] }));
    const { responses } = at('get', '/notes/all');
    const codesOf = (status: string) =>
      responses[status].content['application/json'].schema.allOf[1].properties.code.enum;
    expect(codesOf('401')).toEqual(['missing_token', 'invalid_token', 'token_expired', 'token_revoked']);
    expect(codesOf('403')).toEqual(['insufficient_scope']);
    expect(codesOf('503')).toEqual(['store_unavailable']);
    expect(Object.keys(responses['401'].headers)).toEqual(['WWW-Authenticate']);
    expect(Object.keys(responses['503'].headers)).toEqual(['Retry-After']);
    expect(document.components?.schemas?.AuthRefusal).toMatchObject({
      required: ['statusCode', 'error', 'code', 'message'],
      properties: { code: { enum: expect.arrayContaining(['missing_token', 'login_taken', 'overloaded']) } },
    });
  });

  test('of a requirement are those that it names, or 403 insufficient_scope', async () => {
    const needs = (requirement: { readonly refusals?: Record<number, readonly AuthErrorCode[]> }) =>
      Require({ kind: 'test', name: 'a test', refusal: () => undefined, ...requirement });
    @Controller()
    class Guarded {
      @RequireRecent('5m') @Get('recent') recent() {}
      @RequireVerifiedEmail() @Get('verified') verified() {}
      @needs({}) @Get('other') other() {}
      @needs({ refusals: { 401: [] } }) @Roles('admin') @Get('both') both() {}
    }
    const { at } = await documentOf(await start({ controllers: [Guarded] }));
    const codesOf = (path: string) =>
      [401, 403].map((status) =>
        at('get', path).responses[status]?.content['application/json'].schema.allOf[1].properties.code.enum.at(-1),
      );
    expect(codesOf('/recent')).toEqual(['insufficient_user_authentication', undefined]);
    expect(codesOf('/verified')).toEqual(['token_revoked', 'email_not_verified']);
    expect(codesOf('/other')).toEqual(['token_revoked', 'insufficient_scope']);
    expect(codesOf('/both')).toEqual(['token_revoked', 'insufficient_scope']);
  });

  test('stay as the app has documented them, and its schema keeps its name', async () => {
    class AuthRefusal {}
    @Controller()
    class Documented {
      @ApiResponse({ status: 401, description: 'Go away.', type: AuthRefusal }) @Get() get() {}
    }
    const { at, document } = await documentOf(await start({ controllers: [Documented] }));
    expect(at('get', '/').responses['401'].description).toBe('Go away.');
    expect(Object.keys(document.components?.schemas ?? {}).sort()).toEqual(['AuthRefusal', 'NestAuthRefusal']);
    expect(JSON.stringify(at('get', '/').responses['503'])).toContain('#/components/schemas/NestAuthRefusal');
  });
});

describe('the handler behind an operation is found', () => {
  /** Inherited by classes with different policies. */
  abstract class Base {
    @Get('list') list() {}
    @Public() @Get('open') open() {}
  }
  @Controller('private')
  class Private extends Base {}
  @Public()
  @Controller('public')
  class Opened extends Base {}
  /** Both a controller and a base. */
  @Roles('admin')
  @Controller('admin')
  class Admin extends Opened {
    @Get('own') own() {}
    @Public() @Get('open') override open() {}
  }
  const twin = () => {
    @Public()
    @Controller('twin')
    class Private {
      @Get('list') list() {}
    }
    return Private;
  };
  const inherited = {
    'get /private/list': BEARER,
    'get /private/open': [],
    'get /public/list': [],
    'get /public/open': [],
    'get /admin/list': BEARER,
    'get /admin/open': [],
    'get /admin/own': BEARER,
    'get /twin/list': [],
  };

  test.each([
    ['in that order', (all: Parameters<typeof start>[0]['controllers']) => all],
    ['in the other', (all: Parameters<typeof start>[0]['controllers']) => [...(all ?? [])].reverse()],
  ])('when classes inherit it, or share a name (%s)', async (_, ordered) => {
    const { security, at } = await documentOf(await start({ controllers: ordered([Private, Opened, Admin, twin()]) }));
    expect(security).toEqual(inherited);
    expect(at('get', '/admin/list').description).toBe('Roles: admin.');
  });

  test('under a custom operationIdFactory, which is asked once for each operation', async () => {
    const ids: string[] = [];
    const operationIdFactory = (_controller: string, method: string) => {
      const id = `${method}${ids.length}`;
      ids.push(id);
      return id;
    };
    const app = await start({ controllers: [Private, Opened, Admin, twin()] });
    const { security } = await documentOf(app, undefined, { operationIdFactory });
    expect(security).toEqual(inherited);
    expect(ids).toHaveLength(8);
  });

  test.each<[string, (app: INestApplication) => void, string]>([
    ['a global prefix', (app) => app.setGlobalPrefix('api'), '/api'],
    ['versions in the URI', (app) => app.enableVersioning({ type: VersioningType.URI, defaultVersion: '7' }), '/v7'],
    [
      'versions in the URI, under a prefix',
      (app) => app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: ['1', '2'] }),
      '/api/v2',
    ],
  ])('under %s', async (_, configure, prefix) => {
    const { security } = await documentOf(await start({ controllers: [NotesController], configure }));
    expect(security).toMatchObject({
      [`get ${prefix}/notes`]: BEARER,
      [`get ${prefix}/notes/count`]: [],
      [`get ${prefix}/notes/{id}`]: BEARER,
    });
  });

  test('under RouterModule, in every module that has the class', async () => {
    @Module({ controllers: [NotesController] })
    class One {}
    @Module({ controllers: [NotesController] })
    class Two {}
    const imports = [
      One,
      Two,
      RouterModule.register([
        { path: 'one', module: One },
        { path: 'two', module: Two },
      ]),
    ];
    const { security } = await documentOf(await start({ imports }));
    for (const path of ['/one/notes', '/two/notes']) {
      expect(security).toMatchObject({ [`get ${path}`]: BEARER, [`get ${path}/count`]: [] });
    }
  });

  describe('in every version that shares a path', () => {
    @Controller({ path: 'cats', version: '1' })
    class OldCats {
      @Roles('keeper') @Get() all() {}
      @Public() @Get('both') both() {}
      /** Shown at one path and hidden at the other. */
      @Get(['early', 'late']) some() {}
    }
    @Public()
    @Controller({ path: 'cats', version: '2' })
    class NewCats {
      @Get() all() {}
      @Get('both') both() {}
      @Get('late') some() {}
      @Version('3') @Get('late') later() {}
    }
    test.each<[string, (app: INestApplication) => void]>([
      ['by header', (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' })],
      ['by media type', (app) => app.enableVersioning({ type: VersioningType.MEDIA_TYPE, key: 'v=' })],
    ])('%s: what one of them refuses is not called public', async (_, configure) => {
      for (const controllers of [
        [OldCats, NewCats],
        [NewCats, OldCats],
      ]) {
        const { security, at } = await documentOf(await start({ controllers, configure }));
        expect(security).toEqual({
          'get /cats': BEARER,
          'get /cats/both': [],
          'get /cats/early': BEARER,
          'get /cats/late': BEARER,
        });
        expect(at('get', '/cats').description).toContain('Roles: keeper.');
        expect(at('get', '/cats').responses).toHaveProperty('403');
        await testApp?.close();
        testApp = undefined;
      }
    });
  });

  test('and what the app leaves out stays out, without a word on what is there', async () => {
    @Controller({ path: 'dogs', version: '1' })
    class Hidden {
      @ApiExcludeEndpoint() @Get() one() {}
    }
    @ApiExcludeController()
    @Controller({ path: 'dogs', version: '2' })
    class AllHidden {
      @Get() one() {}
    }
    @Public()
    @Controller({ path: 'dogs', version: '3' })
    class Shown {
      @Get() one() {}
    }
    @Module({ controllers: [Hidden, AllHidden, Shown] })
    class Dogs {}
    const { security } = await documentOf(
      await start({
        imports: [Dogs],
        controllers: [NotesController],
        configure: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' }),
      }),
      undefined,
      { include: [Dogs] },
    );
    expect(security).toEqual({ 'get /dogs': [] });
  });
});

describe('without a global guard', () => {
  @Controller()
  class Mixed {
    @Get('open') open() {}
    @Roles('admin') @Get('unguarded') unguarded() {}
    @UseGuards(JwtAuthGuard) @Get('guarded') guarded() {}
    @UseGuards(Turnstile, RolesGuard) @Roles('admin') @Get('decided') decided() {}
  }

  test('only what is guarded by hand is called private', async () => {
    const { security, at } = await documentOf(await start({ controllers: [Mixed], globalGuard: false }));
    expect(security).toMatchObject({ 'get /open': undefined, 'get /unguarded': undefined, 'get /guarded': BEARER });
    expect(Object.keys(at('get', '/unguarded').responses)).toEqual(['200']);
    expect(at('get', '/decided').security).toBeUndefined();
    expect(at('get', '/decided').description).toBe('Roles: admin.');
    expect(Object.keys(at('get', '/decided').responses)).toContain('403');
  });

  test('one set with useGlobalGuards counts', async () => {
    const configure = (app: INestApplication) => app.useGlobalGuards(app.get(JwtAuthGuard));
    const { security } = await documentOf(await start({ controllers: [Mixed], globalGuard: false, configure }));
    expect(security).toMatchObject({ 'get /open': BEARER });
  });
});

describe('making a document', () => {
  test('leaves nothing behind on the classes, and can be repeated', async () => {
    const app = await start({ controllers: [NotesController, PagesController] });
    const keysOf = () =>
      [NotesController, NotesController.prototype.mine, PagesController].map((target) => [
        ...Reflect.getOwnMetadataKeys(target),
      ]);
    const before = keysOf();
    const { document } = await documentOf(app);
    expect(keysOf()).toEqual(before);
    expect((await documentOf(app)).document).toEqual(document);
  });

  test('is possible in OpenAPI 3.1 and 3.2', async () => {
    const app = await start({ controllers: [NotesController, PagesController], routes: {} });
    for (const version of ['3.1.0', '3.2.0']) {
      const config = new DocumentBuilder().setOpenAPIVersion(version).build();
      expect((await documentOf(app, config)).at('get', '/notes').security).toEqual(BEARER);
    }
  });

  test('is refused to an app that does not import AuthModule', async () => {
    const module = await Test.createTestingModule({ controllers: [NotesController] }).compile();
    const app = module.createNestApplication();
    expect(() => createAuthDocument(app, new DocumentBuilder().build())).toThrow(
      'This app does not import AuthModule.',
    );
    await app.close();
  });
});
