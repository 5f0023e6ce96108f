import { Authenticated, OptionalAuth, Public, RefreshAuthGuard, TokenAnswers } from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Delete, Get, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ApiCookieAuth, DocumentBuilder } from '@nestjs/swagger';
import { Strategy } from 'passport-custom';
import { PASSWORD, startApp, type TestApp, type TestAppOptions } from '../../support/app.js';
import { signUpByCookie } from '../../support/browser.js';
import { ACCESS, BY_COOKIE, cookiesOf, REFRESH, SAME_ORIGIN } from '../../support/cookies.js';
import { codesOf, documentOf, schemaOf } from '../../support/openapi.js';

let app: TestApp;
afterEach(() => app.close());

type Transport = 'cookie' | 'both';

async function documented(
  transport: Transport,
  options: TestAppOptions = {},
  config?: Parameters<typeof documentOf>[1],
) {
  app = await startApp({ ...options, options: { transport, ...options.options } });
  return documentOf(app, config);
}

const NEEDED = { cookie: [{ cookieAuth: [] }], both: [{ bearer: [] }, { cookieAuth: [] }] };
const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const propertiesOf = (schema: unknown) => (schema as { properties: object }).properties;
const TRANSPORTS = ['cookie', 'both'] as const;

class ApiKeyStrategy extends PassportStrategy(Strategy, 'api-key') {
  validate() {
    return null;
  }
}

@Controller('notes')
class NotesController {
  @Get() mine() {}
  @Post() create() {}
  @OptionalAuth() @Delete('latest') latest() {}
  @Public() @Delete('open') open() {}
  @Authenticated('api-key') @Delete('key') key() {}
  @Authenticated('api-key', 'jwt') @Delete('either') either() {}
}

@Public()
@Controller('own')
class OwnController {
  @UseInterceptors(TokenAnswers) @Post('login') login() {}
  @UseGuards(RefreshAuthGuard) @Post('refresh') refresh() {}
}

describe.each(TRANSPORTS)('an app with transport: %s', (transport) => {
  test('declares how its access tokens travel', async () => {
    const { document } = await documented(transport);
    expect(document.components?.securitySchemes).toEqual({
      ...(transport === 'both' ? { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } : {}),
      cookieAuth: { type: 'apiKey', in: 'cookie', name: ACCESS },
    });
  });

  test('declares the cookie under its own name, and under the name that the document wants', async () => {
    app = await startApp({ options: { transport, cookies: { access: 'sid' } } });
    const { document, at } = await documentOf(app, undefined, { cookie: 'session', bearer: 'token' });
    expect(document.components?.securitySchemes?.session).toEqual({ type: 'apiKey', in: 'cookie', name: 'sid' });
    expect(at('get', '/auth/me').security).toEqual([...(transport === 'both' ? [{ token: [] }] : []), { session: [] }]);
  });

  test('keeps what it has declared itself', async () => {
    @Controller('by-hand')
    class ByHand {
      @ApiCookieAuth('own') @Get() get() {}
    }
    const config = new DocumentBuilder()
      .addApiKey({ type: 'apiKey', in: 'cookie', name: 'mine' }, 'cookieAuth')
      .addCookieAuth('theirs', undefined, 'own')
      .build();
    const { document, at } = await documented(transport, { controllers: [ByHand] }, config);
    expect(document.components?.securitySchemes).toMatchObject({
      cookieAuth: { name: 'mine' },
      own: { name: 'theirs' },
    });
    expect(at('get', '/by-hand').security).toEqual([{ own: [] }]);
  });

  test('says of its own routes who may call them, and what cookies can be refused for', async () => {
    const { at, security } = await documented(transport, {
      controllers: [NotesController, OwnController],
      providers: [ApiKeyStrategy],
    });
    const needed = NEEDED[transport];
    expect(security).toMatchObject({
      'get /notes': needed,
      'post /notes': needed,
      'delete /notes/latest': [...needed, {}],
      'delete /notes/open': [],
      'delete /notes/either': needed,
    });
    const statuses = (method: string, path: string) => Object.keys(at(method, path).responses).join();
    expect(statuses('get', '/notes')).toBe('200,400,401,503');
    expect(statuses('post', '/notes')).toBe('201,400,401,403,503');
    expect(statuses('delete', '/notes/latest')).toBe('200,400,401,403,503');
    expect(statuses('delete', '/notes/open')).toBe('200');
    expect(statuses('delete', '/notes/key')).toBe('200,401,503');
    expect(statuses('delete', '/notes/either')).toBe('200,400,401,403,503');
    expect(statuses('post', '/own/login')).toBe('201,400,403');
    expect(statuses('post', '/own/refresh')).toBe('201,400,403');
    expect(codesOf(at('post', '/notes'), 403)).toEqual(['cross_site_request']);
  });

  test.each([
    ['post', '/auth/register', 'open', '201,400,403,409,429,503'],
    ['post', '/auth/login', 'open', '200,400,401,403,409,429,503'],
    ['post', '/auth/refresh', 'open', '200,400,401,403,503'],
    ['post', '/auth/logout', 'optional', '204,400,403,503'],
    ['post', '/auth/logout-all', 'private', '204,400,401,403,503'],
    ['get', '/auth/me', 'private', '200,400,401,503'],
    ['post', '/auth/password', 'private', '204,400,401,403,409,429,503'],
    ['post', '/auth/confirm', 'private', '200,400,401,403,429,503'],
    ['get', '/auth/sessions', 'private', '200,400,401,503'],
    ['delete', '/auth/sessions/{id}', 'private', '204,400,401,403,404,503'],
    ['get', '/.well-known/jwks.json', 'open', '200,404'],
  ])("says of the library's %s %s who may call it, and how it can end", async (method, path, access, statuses) => {
    const operation = (await documented(transport)).at(method, path);
    const needed = NEEDED[transport];
    expect(operation.security).toEqual({ open: [], optional: [...needed, {}], private: needed }[access]);
    expect(Object.keys(operation.responses).join()).toBe(statuses);
    if (method !== 'get') expect(codesOf(operation, 403)).toContain('cross_site_request');
  });

  test('answers by cookie as documented', async () => {
    const { at, document } = await documented(transport);
    const { answer: registered, email, cookie } = await signUpByCookie(app);
    const post = (path: string) => app.http.post(path).set(BY_COOKIE);
    const answers = [
      ['/auth/register', 201, registered],
      ['/auth/login', 200, await post('/auth/login').send({ email, password: PASSWORD, remember: false }).expect(200)],
      ['/auth/refresh', 200, await post('/auth/refresh').set('Cookie', cookie).send({}).expect(200)],
    ] as const;
    const byCookie = refTo('AuthTokensByCookie');
    const fields = Object.keys(propertiesOf(document.components?.schemas?.AuthTokensByCookie));
    for (const [path, status, answer] of answers) {
      const said = at('post', path).responses[status];
      expect(schemaOf(said)).toEqual(transport === 'both' ? { oneOf: [refTo('AuthTokens'), byCookie] } : byCookie);
      expect(said.headers['Set-Cookie'].description).toContain(`${ACCESS} and ${REFRESH}`);
      expect(Object.keys(answer.body as object)).toEqual(fields);
      expect(Object.keys(cookiesOf(answer))).toEqual([ACCESS, REFRESH]);
    }
    expect(document.components?.schemas).toMatchObject({ AuthTokensByCookie: { additionalProperties: false } });
    expect('AuthTokens' in (document.components?.schemas ?? {})).toBe(transport === 'both');
  });

  test('says that clients choose, if they can', async () => {
    const { at } = await documented(transport);
    for (const path of ['/auth/register', '/auth/login', '/auth/refresh']) {
      const names = (at('post', path).parameters ?? []).map(({ name }) => name);
      expect(names).toEqual(transport === 'both' ? ['X-Auth-Transport'] : []);
    }
    expect(at('post', '/auth/logout').parameters).toEqual([]);
  });

  test('asks a refresh for the body that it reads', async () => {
    const { at } = await documented(transport);
    const { requestBody } = at('post', '/auth/refresh');
    const { properties, required } = schemaOf(requestBody) as { properties: object; required?: string[] };
    expect([Object.keys(properties), required]).toEqual([transport === 'both' ? ['refresh_token'] : [], undefined]);
    expect(requestBody.required).toBe(true);
    const { cookie } = await signUpByCookie(app);
    // Without a body it is refused: a page of another site can send that too.
    await app.http.post('/auth/refresh').set(BY_COOKIE).set('Cookie', cookie).expect(400);
  });

  test('refuses by cookie as documented', async () => {
    const { at } = await documented(transport, { controllers: [NotesController], providers: [ApiKeyStrategy] });
    const { cookie } = await signUpByCookie(app);
    const foreign = { 'X-Auth-Transport': 'cookie', 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };
    const attempts: ['get' | 'post', string, object, string][] = [
      ['post', '/notes', { ...foreign, Cookie: cookie }, 'cross_site_request'],
      ['post', '/auth/login', foreign, 'cross_site_request'],
      ['post', '/auth/logout', { ...foreign, Cookie: cookie }, 'cross_site_request'],
      ['get', '/notes', { Cookie: `${cookie}; ${ACCESS}=planted` }, 'invalid_request'],
      ['post', '/auth/refresh', BY_COOKIE, 'missing_token'],
      ['post', '/auth/login', { ...SAME_ORIGIN, 'X-Auth-Transport': 'pigeon' }, 'invalid_request'],
    ];
    for (const [method, path, headers, code] of attempts) {
      const request = app.http[method](path).set(headers as Record<string, string>);
      const { body, status } = await (method === 'get' ? request : request.send({}));
      expect([path, body.code]).toEqual([path, code]);
      expect(codesOf(at(method, path), status)).toContain(code);
    }
  });
});

test('a feature whose routes answer with tokens says no more than that', async () => {
  @Public()
  @Controller('link')
  class LinkController {
    @Post('open') open() {}
    @Post('renew') renew() {}
  }
  const said = { summary: 'Log in by a link', status: 201, description: 'The user is logged in.' };
  const features = [
    {
      name: 'links',
      controllers: [LinkController],
      describe: { open: { ...said, answer: 'login' }, renew: { ...said, answer: 'tokens' } },
    } as const,
  ];
  for (const [transport, schema] of [
    ['bearer', refTo('AuthTokens')],
    ['cookie', refTo('AuthTokensByCookie')],
    ['both', { oneOf: [refTo('AuthTokens'), refTo('AuthTokensByCookie')] }],
  ] as const) {
    app = await startApp({ features, options: { transport } });
    const { at } = await documentOf(app);
    for (const path of ['/auth/link/open', '/auth/link/renew'])
      expect(schemaOf(at('post', path).responses[201])).toEqual(schema);
    expect('403' in at('post', '/auth/link/open').responses).toBe(transport !== 'bearer');
    if (transport !== 'both') await app.close();
  }
});
