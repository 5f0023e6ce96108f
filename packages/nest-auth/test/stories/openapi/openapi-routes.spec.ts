import {
  Authenticated,
  type AuthUser,
  type Challenge,
  type FeatureHooks,
  type RegistrationSchema,
} from '@acme/nest-auth';
import { apiKeys } from '@acme/nest-auth/api-keys';
import { breachedPasswords } from '@acme/nest-auth/breached-passwords';
import { emailVerification } from '@acme/nest-auth/email-verification';
import { passwordReset } from '@acme/nest-auth/password-reset';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, Injectable } from '@nestjs/common';
import { ApiProperty, DocumentBuilder } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { z } from 'zod';
import { PASSWORD, signUp, startApp, type TestApp, type TestAppOptions } from '../../support/app.js';
import { BEARER, codesOf, documentOf, OPTIONAL, type Operation, schemaOf } from '../../support/openapi.js';

let app: TestApp;
afterEach(() => app.close());

async function documented(options: TestAppOptions = {}, version = '3.0.0') {
  app = await startApp(options);
  const { document, ...rest } = await documentOf(app, new DocumentBuilder().setOpenAPIVersion(version).build());
  const schemas = (document.components?.schemas ?? {}) as Record<
    string,
    { properties: Record<string, unknown>; required: string[] }
  >;
  return { document, schemas, ...rest };
}

const bodyOf = ({ requestBody }: Operation) => schemaOf(requestBody);
const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` });

test('the routes of a feature say what they read, and how they can end', async () => {
  const mailer = { send: async () => {} };
  const { at } = await documented({
    features: [passwordReset()],
    options: { mailer, passwordReset: { page: 'https://app.example.org/reset' } },
  });
  const [forgot, reset] = [at('post', '/auth/password/forgot'), at('post', '/auth/password/reset')];
  expect([forgot.security, reset.security]).toEqual([[], []]);
  expect(Object.keys(forgot.responses).join()).toBe('202,400,429,503');
  expect(Object.keys(reset.responses).join()).toBe('204,400,409,429,503');
  expect(bodyOf(reset).required).toEqual(['token', 'new_password']);
  expect(codesOf(reset, 400)).toContain('invalid_reset_token');
});

test('a registration may be answered with 202 only where a feature makes it wait', async () => {
  const mailer = { send: async () => {} };
  const page = 'https://app.example.org/verify';
  const responses = async (required: boolean) => {
    const options = { mailer, emailVerification: { page, required } };
    return (await documented({ features: [emailVerification()], options })).at('post', '/auth/register').responses;
  };
  expect(await responses(false)).not.toHaveProperty('202');
  await app.close();
  const { 201: loggedIn, 202: pending } = await responses(true);
  expect(schemaOf(loggedIn)).toBeDefined();
  expect(schemaOf(pending)).toMatchObject({ properties: { pending: { type: 'string' } }, required: ['pending'] });
  const { body } = await app.http.post('/auth/register').send({ email: 'p@example.org', password: PASSWORD });
  expect(body).toEqual({ pending: 'email_verification' });
});

test('routes that count attempts say that the app may refuse one, if it does', async () => {
  const options = { mailer: { send: async () => {} }, passwordReset: { page: 'https://app.example.org/reset' } };
  const beforeAttempt = () => false;
  const { at } = await documented({ features: [passwordReset()], options: { ...options, beforeAttempt } });
  for (const path of ['register', 'login', 'password', 'password/forgot', 'password/reset'])
    expect(codesOf(at('post', `/auth/${path}`), 403)).toContain('attempt_refused');
  expect(Object.keys(at('post', '/auth/refresh').responses)).not.toContain('403');
});

test('routes that take a new password say what a feature may refuse it with', async () => {
  const options = { mailer: { send: async () => {} }, passwordReset: { page: 'https://app.example.org/reset' } };
  const { at } = await documented({ features: [passwordReset(), breachedPasswords()], options });
  for (const path of ['register', 'password', 'password/reset'])
    expect(codesOf(at('post', `/auth/${path}`), 400)).toContain('password_breached');
  expect(codesOf(at('post', '/auth/login'), 400)).not.toContain('password_breached');
});

describe('API keys', () => {
  @Controller('reports')
  class Reports {
    @Authenticated('jwt', 'api-key')
    @Get('either')
    either() {}
    @Authenticated('api-key')
    @Get('keys')
    keys() {}
    @Get('plain')
    plain() {}
  }

  test.each(['3.0.0', '3.1.0'])(
    'are a scheme of the operations that name them, and of no other (%s)',
    async (version) => {
      const { document, at, security } = await documented({ features: [apiKeys()], controllers: [Reports] }, version);
      expect(document.components?.securitySchemes?.apiKeyAuth).toMatchObject({
        type: 'apiKey',
        in: 'header',
        name: 'X-API-Key',
      });
      const named = Object.keys(security).filter((operation) =>
        JSON.stringify(security[operation]).includes('apiKeyAuth'),
      );
      expect(named).toEqual(['get /reports/either', 'get /reports/keys']);
      expect(security['get /reports/either']).toEqual([{ bearer: [] }, { apiKeyAuth: [] }]);
      expect(security['get /reports/keys']).toEqual([{ apiKeyAuth: [] }]);
      expect(codesOf(at('get', '/reports/either'), 401)).toContain('invalid_api_key');
      expect(codesOf(at('get', '/reports/either'), 400)).toEqual(['invalid_request']);
      expect(codesOf(at('get', '/reports/plain'), 401)).not.toContain('invalid_api_key');
    },
  );

  test.each([
    ['3.0.0', { type: 'string', nullable: true }],
    ['3.1.0', { type: ['string', 'null'] }],
  ])('have fields that may be null in the words of OpenAPI %s', async (version, nullable) => {
    const { at } = await documented({ features: [apiKeys()] }, version);
    const { items } = schemaOf(at('get', '/auth/api-keys').responses['200']) as { items: { properties: object } };
    expect(items.properties).toMatchObject({ expires_at: nullable, last_used_at: nullable, replaced_by: nullable });
  });

  test('have routes that say what they read, and how they can end', async () => {
    const { document, at } = await documented({ features: [apiKeys()] });
    const statuses = (method: string, path: string) => Object.keys(at(method, path).responses).join();
    expect(statuses('post', '/auth/api-keys')).toBe('201,400,401,403,409,429,503');
    expect(statuses('get', '/auth/api-keys')).toBe('200,401,503');
    expect(statuses('delete', '/auth/api-keys/{id}')).toBe('204,401,404,503');
    expect(statuses('post', '/auth/api-keys/{id}/rotate')).toBe('201,401,404,409,429,503');
    expect(at('post', '/auth/api-keys').security).toEqual(BEARER);
    expect(bodyOf(at('post', '/auth/api-keys')).required).toEqual(['name']);
    expect(document.components?.securitySchemes).not.toHaveProperty('apiKeyAuth');
  });
});

describe("the library's routes", () => {
  test.each([
    ['post', '/auth/register', [], '201,400,409,429,503'],
    ['post', '/auth/login', [], '200,400,401,409,429,503'],
    ['post', '/auth/refresh', [], '200,400,401,503'],
    ['post', '/auth/logout', OPTIONAL, '204,400,503'],
    ['post', '/auth/logout-all', BEARER, '204,401,503'],
    ['get', '/auth/me', BEARER, '200,401,503'],
    ['post', '/auth/password', BEARER, '204,400,401,403,409,429,503'],
    ['post', '/auth/confirm', BEARER, '200,400,401,403,429,503'],
    ['get', '/auth/sessions', BEARER, '200,401,503'],
    ['delete', '/auth/sessions/{id}', BEARER, '204,401,404,503'],
    ['get', '/.well-known/jwks.json', [], '200,404'],
  ])('%s %s says who may call it, and how it can end', async (method, path, security, statuses) => {
    const operation = (await documented()).at(method, path);
    expect(operation.security).toEqual(security);
    expect(Object.keys(operation.responses).join()).toBe(statuses);
    expect(operation.summary).toMatch(/\w/);
    expect(operation.tags).toEqual(['auth']);
  });

  test('ask for the fields that they read', async () => {
    const { at } = await documented();
    expect(bodyOf(at('post', '/auth/register'))).toEqual({
      type: 'object',
      properties: {
        email: { type: 'string', format: 'email', maxLength: 254 },
        password: { type: 'string', format: 'password', minLength: 12, maxLength: 256 },
        remember: { type: 'boolean', default: true, description: expect.any(String) },
      },
      required: ['email', 'password'],
    });
    expect(bodyOf(at('post', '/auth/login'))).toMatchObject({
      properties: { remember: { type: 'boolean' } },
      required: ['email', 'password'],
    });
    expect(bodyOf(at('post', '/auth/refresh')).required).toEqual(['refresh_token']);
    expect(bodyOf(at('post', '/auth/password')).required).toEqual(['current_password', 'new_password']);
    expect(at('post', '/auth/logout').requestBody.required).toBe(false);
    expect(bodyOf(at('post', '/auth/logout'))).toEqual({
      type: 'object',
      properties: { refresh_token: { type: 'string' } },
    });
    expect(at('delete', '/auth/sessions/{id}').parameters).toEqual([
      expect.objectContaining({ name: 'id', in: 'path', schema: { type: 'string', format: 'uuid' } }),
    ]);
  });

  test("go by the app's own name of the login, and length of passwords", async () => {
    const { at, schemas } = await documented({ options: { loginField: 'handle', password: { minLength: 20 } } });
    const register = bodyOf(at('post', '/auth/register')) as { properties: Record<string, object> };
    expect(register.properties).toMatchObject({ handle: { type: 'string' }, password: { minLength: 20 } });
    expect(register.properties.handle).not.toHaveProperty('format');
    expect(bodyOf(at('post', '/auth/login')).required).toEqual(['handle', 'password']);
    expect(schemas.AuthProfile?.properties).toHaveProperty('handle');
  });

  test('answer as documented', async () => {
    const { at, schemas } = await documented();
    const fieldsOf = (name: string) => Object.keys(schemas[name]?.properties ?? {}).sort();
    const answer = (method: string, path: string, status: number) => schemaOf(at(method, path).responses[status]);
    const { email, access } = await signUp(app);
    const login = await app.http.post('/auth/login').send({ email, password: PASSWORD });
    const sessions = await app.as(access).get('/auth/sessions');
    const me = await app.as(access).get('/auth/me');
    expect(answer('post', '/auth/register', 201)).toEqual(refTo('AuthTokens'));
    expect(answer('post', '/auth/login', 200)).toEqual(refTo('AuthTokens'));
    expect(answer('post', '/auth/refresh', 200)).toEqual(refTo('AuthTokens'));
    expect(Object.keys(login.body).sort()).toEqual(fieldsOf('AuthTokens'));
    expect(answer('get', '/auth/sessions', 200)).toEqual({ type: 'array', items: refTo('AuthSession') });
    expect(Object.keys(sessions.body[0]).sort()).toEqual(fieldsOf('AuthSession').filter((name) => name !== 'actorId'));
    expect(answer('get', '/auth/me', 200)).toEqual(refTo('AuthProfile'));
    expect(Object.keys(me.body).sort()).toEqual(fieldsOf('AuthProfile').filter((name) => name !== 'permissions'));
  });

  test('refuse as documented', async () => {
    const { at, schemas } = await documented();
    const { email, access } = await signUp(app);
    const wrong = { email, password: 'a wrong passphrase' };
    const attempts: [string, string, object, string, string][] = [
      ['post', '/auth/register', { email, password: PASSWORD }, 'login_taken', ''],
      ['post', '/auth/register', { email, password: 'short' }, 'password_too_short', ''],
      ['post', '/auth/register', { email }, 'invalid_request', ''],
      ['post', '/auth/login', wrong, 'invalid_credentials', ''],
      ['post', '/auth/refresh', { refresh_token: 'none' }, 'invalid_refresh_token', ''],
      ['post', '/auth/logout', { refresh_token: 7 }, 'invalid_request', ''],
      [
        'post',
        '/auth/password',
        { current_password: wrong.password, new_password: PASSWORD },
        'wrong_password',
        access,
      ],
      ['post', '/auth/confirm', { password: wrong.password }, 'wrong_password', access],
    ];
    for (const [method, path, body, code, token] of attempts) {
      const answer = await app.http[method as 'post'](path)
        .set(token ? { Authorization: `Bearer ${token}` } : {})
        .send(body);
      expect(answer.body.code).toBe(code);
      expect(codesOf(at(method, path), answer.status)).toContain(code);
      const { properties, required } = schemas.AuthRefusal ?? { properties: {}, required: [] };
      expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(answer.body)));
      expect(Object.keys(answer.body)).toEqual(expect.arrayContaining(required));
      const headers = Object.keys(at(method, path).responses[answer.status].headers ?? {});
      expect(Object.keys(answer.headers)).toEqual(expect.arrayContaining(headers.map((name) => name.toLowerCase())));
    }
  });

  test('say when a throttled caller may come again', async () => {
    const { at } = await documented({ options: { throttle: { account: { points: 1, duration: '1m' } } } });
    const attempt = () => app.http.post('/auth/login').send({ email: 'a@example.org', password: PASSWORD });
    await attempt();
    const { status, body, headers } = await attempt();
    expect([status, body.code]).toEqual([429, 'too_many_attempts']);
    expect(headers['retry-after']).toMatch(/^([1-9]|[1-5]\d|60)$/);
    expect(codesOf(at('post', '/auth/login'), 429)).toEqual(['too_many_attempts']);
    expect(at('post', '/auth/login').responses['429'].headers).toHaveProperty('Retry-After');
  });

  test('have the nullable fields of their OpenAPI version', async () => {
    expect((await documented()).schemas.AuthSession?.properties.ip).toEqual({ type: 'string', nullable: true });
    await app.close();
    const { schemas } = await documented({}, '3.1.0');
    expect(schemas.AuthSession?.properties.ip).toEqual({ type: ['string', 'null'] });
  });

  test('appear where they are, and only those that are', async () => {
    const { document } = await documented({
      routes: { prefix: 'account', register: false, sessions: false, logoutAll: false, jwks: false },
      configure: (given) => given.setGlobalPrefix('api'),
    });
    expect(Object.keys(document.paths).sort()).toEqual(
      ['confirm', 'login', 'logout', 'me', 'password', 'refresh'].map((name) => `/api/account/${name}`),
    );
    expect(document.components?.schemas).not.toHaveProperty('AuthSession');
  });

  test('may answer with a challenge only where a feature makes them', async () => {
    @Injectable()
    class Asks implements FeatureHooks {
      readonly feature = 'asks';
      beforeSession(_: AuthUser): Promise<Challenge | undefined> {
        return Promise.resolve({ challenge: 'asks', challenge_token: 'none', expires_in: 60 });
      }
    }
    const { at, schemas } = await documented({
      features: [{ name: 'asks', providers: [Asks], hooks: Asks }],
    });
    expect(schemaOf(at('post', '/auth/login').responses['200'])).toEqual({
      oneOf: [refTo('AuthTokens'), refTo('AuthChallenge')],
    });
    const { body } = await app.http.post('/auth/register').send({ email: 'c@example.org', password: PASSWORD });
    expect(Object.keys(body).sort()).toEqual(Object.keys(schemas.AuthChallenge?.properties ?? {}).sort());
  });
});

describe('further fields of a registration', () => {
  const registration = async (schema: RegistrationSchema, version?: string) => {
    const { at, schemas } = await documented({ options: { register: { schema } } }, version);
    return { body: bodyOf(at('post', '/auth/register')), schemas };
  };
  const profile = z.object({ name: z.string().min(1), city: z.string().nullable().optional() });

  const tree = z.object({
    get children() {
      return z.array(tree);
    },
  });

  test('are those of a Standard Schema that can be written as JSON Schema', async () => {
    const { body } = await registration(profile);
    expect(body).toMatchObject({ required: ['email', 'password', 'name'] });
    expect(body.properties).toMatchObject({
      name: { type: 'string', minLength: 1 },
      city: { type: 'string', nullable: true },
      email: { format: 'email' },
    });
  });

  test('are written in the JSON Schema of OpenAPI 3.1', async () => {
    const { body } = await registration(profile, '3.1.0');
    expect(body.properties).toMatchObject({ city: { type: ['string', 'null'] } });
  });

  test.each<[string, RegistrationSchema]>([
    ['has no JSON Schema', { '~standard': { version: 1, vendor: 'mine', validate: (value) => ({ value }) } }],
    ['cannot be written as one', z.object({ at: z.date() })],
    ['refers to itself', tree],
  ])('are allowed and not described where the schema %s', async (_, schema) => {
    const { body } = await registration(schema);
    expect(body).toMatchObject({ additionalProperties: true, required: ['email', 'password'] });
  });

  test('are those of a class, as far as it describes itself', async () => {
    class ProfileDto {
      @ApiProperty({ maxLength: 20 })
      @IsString()
      name!: string;
    }
    const { body, schemas } = await registration(ProfileDto);
    expect(body).toEqual({
      allOf: [refTo('ProfileDto'), expect.objectContaining({ required: ['email', 'password'] })],
    });
    expect(schemas.ProfileDto).toMatchObject({ required: ['name'], properties: { name: { maxLength: 20 } } });
  });
});
