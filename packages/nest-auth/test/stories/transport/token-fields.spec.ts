import { type AuthError, type AuthOptions, AuthService, deviceOf, Public, TokenAnswers } from '@acme/nest-auth';
import { createAuthDocument } from '@acme/nest-auth/openapi';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Body, Controller, Inject, Post, Req, UseInterceptors } from '@nestjs/common';
import { DocumentBuilder } from '@nestjs/swagger';
import supertest from 'supertest';
import { PASSWORD, startApp, type TestApp } from '../../support/app.js';
import { ACCESS, BY_COOKIE, cookiesOf, REFRESH } from '../../support/cookies.js';

@UseInterceptors(TokenAnswers)
@Controller('own')
class OwnRoutes {
  constructor(@Inject(AuthService) private readonly auth: AuthService) {}

  @Public()
  @Post('login')
  login(@Body() body: { login: string; password: string }, @Req() request: never) {
    return this.auth.login(body, deviceOf(request));
  }
}

const tokenFields = { access_token: 'accessToken', refresh_token: 'refreshToken' };
const credentials = { email: 'ada@example.org', password: PASSWORD };
let app: TestApp;

afterEach(() => app?.close());

async function boot(options: Partial<AuthOptions> = {}) {
  app = await startApp({ controllers: [OwnRoutes], options: { transport: 'bearer', tokenFields, ...options } });
  const http = supertest(app.url);
  return { http, registered: (await http.post('/auth/register').send(credentials).expect(201)).body };
}

describe('with tokenFields', () => {
  test('answers with tokens have the names of the old app', async () => {
    const { http, registered } = await boot();
    const names = ['accessToken', 'expires_in', 'refreshToken', 'token_type'];
    expect(Object.keys(registered).sort()).toEqual(names);
    for (const path of ['/auth/login', '/own/login']) {
      const { body } = await http.post(path).send({ ...credentials, login: credentials.email });
      expect(Object.keys(body).sort()).toEqual(names);
    }
    const { body } = await http
      .post('/auth/confirm')
      .set('Authorization', `Bearer ${registered.accessToken}`)
      .send({ password: PASSWORD })
      .expect(200);
    expect(Object.keys(body).sort()).toEqual(['accessToken', 'expires_in', 'token_type']);
  });

  test('a refresh and a logout read the token under its old name, and under no other', async () => {
    const { http, registered } = await boot();
    const wrong = await http.post('/auth/refresh').send({ refresh_token: registered.refreshToken }).expect(400);
    expect(wrong.body).toMatchObject({ code: 'invalid_request', field: 'refreshToken' });
    const { body } = await http.post('/auth/refresh').send({ refreshToken: registered.refreshToken }).expect(200);
    await http.post('/auth/logout').send({ refreshToken: body.refreshToken }).expect(204);
    await http.post('/auth/refresh').send({ refreshToken: body.refreshToken }).expect(401);
  });

  test('cookies stay as they are, and no token slips into a body', async () => {
    const { http } = await boot({ transport: 'both', tokenFields: { ...tokenFields, expires_in: 'expiresIn' } });
    const answer = await http.post('/auth/login').set(BY_COOKIE).send(credentials).expect(200);
    expect(answer.body).toEqual({ expiresIn: 900 });
    const { [ACCESS]: access, [REFRESH]: refresh } = cookiesOf(answer);
    expect([access?.value, refresh?.value]).toEqual([expect.any(String), expect.stringMatching(/^nar_/)]);
    const both = { Cookie: `${REFRESH}=${refresh?.value}`, ...BY_COOKIE };
    const { body } = await http.post('/auth/refresh').set(both).send({ refreshToken: 'x' }).expect(400);
    expect(body.code).toBe('invalid_request');
    expect((await http.post('/auth/refresh').set(both).send({}).expect(200)).body).toEqual({ expiresIn: 900 });
  });

  test('the OpenAPI document has the same names', async () => {
    await boot();
    const { components, paths } = createAuthDocument(app.app, new DocumentBuilder().build());
    const text = JSON.stringify([components, paths]);
    expect(text).toContain('"required":["accessToken","token_type","expires_in","refreshToken"]');
    expect(text).toContain('"required":["refreshToken"]');
    expect(text).not.toMatch(/"(access|refresh)_token"/);
  });
});

test.each([
  [{ access_token: 'token', refresh_token: 'token' }, 'gives two fields one name'],
  [{ access_token: 'access token' }, "tokenFields.access_token is not a valid field name; write 'accessToken'"],
  [{ accessToken: 'access_token' }, 'tokenFields.accessToken is not an option'],
])('boot refuses %j', async (fields, words) => {
  const problem: AuthError = await boot({ tokenFields: fields as never }).then(
    () => Promise.reject(new Error('It started.')),
    (error) => error,
  );
  expect(problem.code).toBe('invalid_configuration');
  expect(problem.message).toContain(words);
});
