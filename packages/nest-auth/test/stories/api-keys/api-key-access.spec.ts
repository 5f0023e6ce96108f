import { Authenticated, CurrentUser, OptionalAuth, Permissions, type Principal, Public, Roles } from '@acme/nest-auth';
import { apiKeys } from '@acme/nest-auth/api-keys';
import { describe, expect, test } from '@jest/globals';
import { Controller, Get, Injectable, Post } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy as CustomStrategy } from 'passport-custom';
import supertest from 'supertest';
import { type App, aSecond, asBearer, byHeader, start, user } from '../../support/api-keys.js';
import { startApp } from '../../support/app.js';
import { ACCESS, SAME_ORIGIN } from '../../support/cookies.js';
import { spyOn } from '../../support/spies.js';

const seen = (caller: Principal | null) => ({ caller });

@Controller()
class Handlers {
  @Get('plain')
  plain(@CurrentUser() caller: Principal) {
    return seen(caller);
  }
  @Authenticated()
  @Get('authenticated')
  authenticated(@CurrentUser() caller: Principal) {
    return seen(caller);
  }
  @Authenticated('jwt')
  @Get('jwt')
  jwt(@CurrentUser() caller: Principal) {
    return seen(caller);
  }
  @Roles('admin')
  @Get('roles')
  roles(@CurrentUser() caller: Principal) {
    return seen(caller);
  }
  @Permissions('read')
  @Get('permissions')
  permissions(@CurrentUser() caller: Principal) {
    return seen(caller);
  }
  @OptionalAuth()
  @Get('optional')
  optional(@CurrentUser() caller: Principal | null) {
    return seen(caller);
  }
  @Public()
  @Get('public')
  public(@CurrentUser() caller: Principal | null) {
    return seen(caller);
  }
  @Authenticated('jwt', 'api-key')
  @Get('either')
  either(@CurrentUser() caller: Principal) {
    return seen(caller);
  }
  @Authenticated('jwt', 'api-key')
  @Post('either')
  change(@CurrentUser() caller: Principal) {
    return seen(caller);
  }
  @Authenticated('api-key')
  @Get('key-only')
  keyOnly(@CurrentUser() caller: Principal) {
    return seen(caller);
  }
  @Authenticated('api-key', 'jwt')
  @Roles('admin')
  @Get('admin')
  admin(@CurrentUser() caller: Principal) {
    return seen(caller);
  }
  @Authenticated('jwt', 'api-key')
  @Permissions('read')
  @Get('read')
  read(@CurrentUser() caller: Principal) {
    return seen(caller);
  }
}

const boot = (options: object = {}) => start(options, [Handlers]);
type Answering = ReturnType<ReturnType<typeof asBearer>['get']>;
/** The caller's id, `nobody`, or the code of the refusal. */
const outcome = async (request: Answering) => {
  const { body } = await request;
  return body.code ?? body.caller?.id ?? 'nobody';
};

describe('a key opens handlers that name it, and no others', () => {
  test.each([
    ['plain', 'missing_token'],
    ['authenticated', 'missing_token'],
    ['jwt', 'missing_token'],
    ['roles', 'missing_token'],
    ['permissions', 'missing_token'],
    ['optional', 'nobody'],
    ['public', 'nobody'],
    ['either', 'OWNER'],
    ['key-only', 'OWNER'],
    ['admin', 'OWNER'],
    ['read', 'OWNER'],
    ['auth/me', 'missing_token'],
    ['auth/sessions', 'missing_token'],
    ['auth/api-keys', 'missing_token'],
  ])('GET /%s: %s', async (path, expected) => {
    const app = await boot({ transport: 'bearer' });
    const { id, make } = await user(app, { roles: ['admin'], permissions: ['read'] });
    const { key } = await make();
    const wanted = expected === 'OWNER' ? id : expected;
    expect(await outcome(byHeader(app, key).get(`/${path}`))).toBe(wanted);
    // As a bearer token it counts as an invalid access token, unless the handler names keys or is public.
    const asToken = wanted === 'missing_token' || path === 'optional' ? 'invalid_token' : wanted;
    expect(await outcome(asBearer(app, key).get(`/${path}`))).toBe(asToken);
  });

  test('and a handler that takes none says so, in the header of keys and in that of tokens', async () => {
    const app = await boot({ transport: 'bearer' });
    const { make } = await user(app);
    const { key } = await make();
    const message = "This handler does not take credentials of the kind 'api-key'.";
    await byHeader(app, key)
      .get('/plain')
      .expect(401)
      .expect(({ body }) => expect(body.message).toBe(message));
    await asBearer(app, key)
      .get('/plain')
      .expect(401)
      .expect(({ body }) => expect(body.message).toBe(message));
    const token = await asBearer(app, 'no-token').get('/plain').expect(401);
    expect([token.body.code, token.body.message]).toEqual(['invalid_token', 'The access token is not valid.']);
  });

  test.each(['/auth/logout-all', '/auth/password', '/auth/refresh', '/auth/api-keys'])(
    'POST %s: refused',
    async (path) => {
      const app = await boot();
      const { make } = await user(app);
      const { key } = await make();
      const { status } = await byHeader(app, key).post(path).send({ name: 'another' });
      expect([400, 401, 403]).toContain(status);
    },
  );

  test('nor a handler of its own routes: a stolen key makes, lists, rotates and removes no key', async () => {
    const app = await boot();
    const { id, make } = await user(app);
    const made = await make();
    const client = supertest(app.url);
    for (const [header, value] of [
      ['X-API-Key', made.key],
      ['Authorization', `Bearer ${made.key}`],
    ] as const) {
      await client.get('/auth/api-keys').set(header, value).expect(401);
      await client.post('/auth/api-keys').set(header, value).send({ name: 'x' }).expect(401);
      await client.post(`/auth/api-keys/${made.id}/rotate`).set(header, value).expect(401);
      await client.delete(`/auth/api-keys/${made.id}`).set(header, value).expect(401);
    }
    expect(await app.credentialStore.list(id)).toHaveLength(1);
  });

  test('an access token does not open a handler for keys alone', async () => {
    const app = await boot();
    const { as } = await user(app);
    expect((await as.get('/key-only').expect(401)).body.code).toBe('missing_token');
    await as.get('/either').expect(200);
  });
});

describe('the caller of a key', () => {
  test('without permissions of its own is the user as they are now, and meets nothing that asks for a recent login', async () => {
    const app = await boot();
    const { id, make } = await user(app, { roles: ['admin'], permissions: ['read'] });
    const made = await make();
    const { body } = await byHeader(app, made.key).get('/either').expect(200);
    expect(body.caller).toEqual({
      id,
      roles: ['admin'],
      permissions: ['read'],
      sessionId: `api-key:${made.id}`,
      methods: [],
      authenticatedAt: 0,
      claims: {},
    });
    app.userStore.update(id, { roles: [], permissions: [] });
    await aSecond();
    expect(await outcome(byHeader(app, made.key).get('/admin'))).toBe('insufficient_scope');
    expect(await outcome(byHeader(app, made.key).get('/read'))).toBe('insufficient_scope');
  });

  test('with permissions has no roles, and of those listed what the user still has', async () => {
    const app = await boot();
    const { id, make } = await user(app, { roles: ['admin'], permissions: ['read', 'write', 'delete'] });
    const { key } = await make({ permissions: ['read', 'write'] });
    const { body } = await byHeader(app, key).get('/read').expect(200);
    expect(body.caller).toMatchObject({ roles: [], permissions: ['read', 'write'] });
    expect(await outcome(byHeader(app, key).get('/admin'))).toBe('insufficient_scope');
    app.userStore.update(id, { permissions: ['write', 'delete'] });
    await aSecond();
    expect(await outcome(byHeader(app, key).get('/read'))).toBe('insufficient_scope');
  });

  test('with an empty list has nothing', async () => {
    const app = await boot();
    const { make } = await user(app, { roles: ['admin'], permissions: ['read'] });
    const { key } = await make({ permissions: [] });
    const { body } = await byHeader(app, key).get('/either').expect(200);
    expect(body.caller).toMatchObject({ roles: [], permissions: [] });
  });

  test.each([
    ['disabled', (app: App, id: string) => app.userStore.update(id, { disabledAt: new Date() })],
    ['deleted', (app: App, id: string) => app.userStore.delete(id)],
  ])('is refused within a second once the user is %s', async (_what, end) => {
    const app = await boot();
    const { id, make } = await user(app);
    const { key } = await make();
    expect(await outcome(byHeader(app, key).get('/either'))).toBe(id);
    end(app, id);
    await aSecond();
    expect(await outcome(byHeader(app, key).get('/either'))).toBe('invalid_api_key');
  });
});

describe('two credentials at once', () => {
  test.each([
    ['a key in each header', (key: string) => ({ 'X-API-Key': key, Authorization: `Bearer ${key}` })],
    [
      'a key beside an access token',
      (key: string, access: string) => ({ 'X-API-Key': key, Authorization: `Bearer ${access}` }),
    ],
    ['a key beside an empty bearer token', (key: string) => ({ 'X-API-Key': key, Authorization: 'Bearer' })],
  ])('are refused: %s', async (_what, headers) => {
    const app = await boot({ transport: 'both' });
    const { access, make } = await user(app);
    const { key } = await make();
    for (const path of ['/either', '/key-only']) {
      const { body } = await supertest(app.url).get(path).set(headers(key, access)).expect(400);
      expect(body.code).toBe('invalid_request');
      expect(JSON.stringify(body)).not.toContain('nak_');
    }
  });

  test.each(['cookie', 'both'] as const)(
    "are refused: a key beside the access token's cookie (%s)",
    async (transport) => {
      const app = await boot({ transport });
      const { access, make } = await user(app);
      const { key } = await make();
      for (const header of [{ 'X-API-Key': key }, { Authorization: `Bearer ${key}` }]) {
        for (const path of ['/either', '/key-only']) {
          const request = supertest(app.url)
            .get(path)
            .set('Cookie', `${ACCESS}=${access}`)
            .set(SAME_ORIGIN)
            .set(header);
          expect((await request.expect(400)).body.code).toBe('invalid_request');
        }
      }
    },
  );

  test('a key beside a password for a proxy, or another header named X-API-Key beside a token, is one', async () => {
    const app = await boot({ transport: 'bearer' });
    const { id, access, make } = await user(app);
    const { key } = await make();
    const get = (headers: Record<string, string>) => outcome(supertest(app.url).get('/either').set(headers));
    expect(await get({ 'X-API-Key': key, Authorization: 'Basic c3RhZ2luZw==' })).toBe(id);
    expect(await get({ 'X-API-Key': 'of-the-gateway', Authorization: `Bearer ${access}` })).toBe(id);
  });
});

test.each(['cookie', 'both'] as const)(
  'a caller by cookie keeps the check of the page where keys are named too (%s)',
  async (transport) => {
    const app = await boot({ transport });
    const { id, access, make } = await user(app);
    const post = (headers: Record<string, string>) =>
      outcome(supertest(app.url).post('/either').set('Cookie', `${ACCESS}=${access}`).set(headers));
    expect(await post({})).toBe('cross_site_request');
    expect(await post({ Origin: 'https://evil.example' })).toBe('cross_site_request');
    expect(await post(SAME_ORIGIN)).toBe(id);
    // A key is not a cookie: a page of another site cannot make a browser send one.
    const { key } = await make();
    expect(await outcome(byHeader(app, key).post('/either').set('Origin', 'https://evil.example'))).toBe(id);
  },
);

describe('the text of a key', () => {
  test.each([
    ['none', 'nak_', 'invalid_api_key'],
    ['a wrong environment', (key: string) => key.replace('live', 'test'), 'invalid_api_key'],
    ['a typing error', (key: string) => `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`, 'invalid_api_key'],
    ['cut off', (key: string) => key.slice(0, -1), 'invalid_api_key'],
    ['with more behind it', (key: string) => `${key}x`, 'invalid_api_key'],
    ['twice', (key: string) => `${key}, ${key}`, 'invalid_api_key'],
    ['in quotes', (key: string) => `"${key}"`, 'missing_token'],
    ['in capitals', (key: string) => key.toUpperCase(), 'missing_token'],
    ['escaped', (key: string) => key.replace('_', '%5F'), 'missing_token'],
    ['an operator of a database', '{"$ne":null}', 'missing_token'],
    ['long', `nak_live_${'0'.repeat(8000)}`, 'invalid_api_key'],
  ])('%s costs no call of a store', async (_what, given, code) => {
    const app = await boot();
    const { make } = await user(app);
    const { key } = await make();
    const calls: string[] = [];
    for (const store of [app.credentialStore, app.userStore]) spyOn(store, (method) => void calls.push(method));
    const sent = typeof given === 'string' ? given : given(key);
    const { body } = await byHeader(app, sent).get('/either').expect(401);
    expect(body.code).toBe(code);
    expect(JSON.stringify(body)).not.toContain(key.slice(9, 30));
    expect(calls).toEqual([]);
  });

  test.each(['bearer', 'BEARER', 'Bearer   '])('is found behind %j', async (scheme) => {
    const app = await boot();
    const { id, make } = await user(app);
    const { key } = await make();
    expect(await outcome(supertest(app.url).get('/either').set('Authorization', `${scheme} ${key}`))).toBe(id);
  });

  test.each([
    ['the query', (key: string) => ({ path: `/either?api_key=${key}&access_token=${key}&x-api-key=${key}` })],
    ['a cookie', (key: string) => ({ headers: { Cookie: `X-API-Key=${key}; api-key=${key}` } })],
    ['the cookie of the access token', (key: string) => ({ headers: { Cookie: `${ACCESS}=${key}`, ...SAME_ORIGIN } })],
    ['Basic', (key: string) => ({ headers: { Authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` } })],
    ['another header', (key: string) => ({ headers: { 'Api-Key': key, 'X-Token': key } })],
  ])('is not looked for in %s', async (_what, place) => {
    const app = await boot();
    const { make } = await user(app);
    const { path = '/either', headers = {} } = place((await make()).key) as { path?: string; headers?: object };
    const { body } = await supertest(app.url)
      .get(path)
      .set(headers as Record<string, string>)
      .expect(401);
    expect(['missing_token', 'invalid_token']).toContain(body.code);
  });
});

describe('the stores', () => {
  test('are asked once a second for each key, by any number of requests', async () => {
    const app = await boot();
    const { make } = await user(app);
    const { key } = await make();
    const calls: string[] = [];
    for (const store of [app.credentialStore, app.userStore]) spyOn(store, (method) => void calls.push(method));
    await Promise.all(Array.from({ length: 50 }, () => byHeader(app, key).get('/either').expect(200)));
    expect(calls.filter((method) => method !== 'update')).toEqual(['find', 'findById']);
  });

  test.each(['credentialStore', 'userStore'] as const)(
    'that are down make it 503, never 401, and let nobody in: %s',
    async (name) => {
      const app = await boot();
      const { id, make } = await user(app);
      const { key } = await make();
      const method = name === 'userStore' ? 'findById' : 'find';
      const working = Reflect.get(app[name], method) as unknown;
      Reflect.set(app[name], method, () => Promise.reject(new Error(`connection refused for ${key}`)));
      for (const path of ['/either', '/key-only']) {
        const { body, headers, text } = await byHeader(app, key).get(path).expect(503);
        expect(body.code).toBe('store_unavailable');
        expect(headers['retry-after']).toBeDefined();
        expect(text).not.toContain('nak_');
      }
      Reflect.set(app[name], method, working);
      expect(await outcome(byHeader(app, key).get('/either'))).toBe(id);
    },
  );

  test('that are down do not keep a key alive that was checked more than a second ago', async () => {
    const app = await boot();
    const { make } = await user(app);
    const { key } = await make();
    await byHeader(app, key).get('/either').expect(200);
    app.credentialStore.find = () => Promise.reject(new Error('down'));
    await aSecond();
    await byHeader(app, key).get('/either').expect(503);
  });

  test('are not asked again and again for a key that does not exist', async () => {
    const app = await boot();
    const { as, make } = await user(app);
    const { id, key } = await make();
    await as.delete(`/auth/api-keys/${id}`).expect(204);
    let asked = 0;
    spyOn(app.credentialStore, () => void asked++);
    for (let n = 0; n < 20; n++) await byHeader(app, key).get('/either').expect(401);
    expect(asked).toBe(1);
  });
});

test('a refused key is challenged as RFC 6750 says', async () => {
  const app = await boot();
  const { headers } = await byHeader(app, 'nak_').get('/either').expect(401);
  expect(headers['www-authenticate']).toMatch(/^Bearer realm="[^"]+", error="invalid_token"$/);
});

test('a refusal of the access token keeps its code where keys are named too', async () => {
  const app = await boot();
  const { as } = await user(app);
  app.clock.advance(3600);
  expect((await as.get('/either').expect(401)).body.code).toBe('token_expired');
});

test("a strategy of the app's that is named as keys are fails at boot", async () => {
  @Injectable()
  class OwnKeys extends PassportStrategy(CustomStrategy, 'api-key') {
    validate() {
      return { id: 'anybody' };
    }
  }
  await expect(startApp({ features: [apiKeys()], providers: [OwnKeys] })).rejects.toMatchObject({
    code: 'invalid_configuration',
    message: expect.stringContaining("@Authenticated('api-key')"),
  });
});
