import { generateKeyPairSync } from 'node:crypto';
import {
  AuthModule,
  CurrentUser,
  Permissions,
  type Principal,
  type ReadCaller,
  RequireRecent,
  type ResourceServerOptions,
  Roles,
} from '@acme/nest-auth';
import { TestClock } from '@acme/nest-auth/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import jsonwebtoken from 'jsonwebtoken';
import supertest from 'supertest';

const ISSUER = 'https://login.example.org/realms/acme';
const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const { publicKey, privateKey } = pair();
const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }] };
const clock = new TestClock();
const NOW = clock.now / 1000;

/** The claims of Keycloak's access tokens. */
const CLAIMS = {
  ...{ iss: ISSUER, aud: ['notes', 'account'], sub: 'f:1:ada', typ: 'Bearer', azp: 'web', sid: 's-1', jti: 'j-1' },
  ...{ iat: NOW, exp: NOW + 300, auth_time: NOW - 60, preferred_username: 'ada', scope: 'openid notes:read' },
  realm_access: { roles: ['editor', 'offline_access'] },
};

const keycloak: ReadCaller = ({ typ, realm_access, scope }) =>
  typ === 'Bearer'
    ? {
        roles: (realm_access as { readonly roles?: readonly string[] } | undefined)?.roles,
        permissions: String(scope).split(' '),
      }
    : null;

interface Forgery {
  readonly header?: object;
  readonly key?: typeof privateKey;
}

function sign(claims: object = {}, { header = {}, key = privateKey }: Forgery = {}): string {
  const all = { alg: 'RS256', typ: 'JWT', kid: 'k1', ...header };
  return jsonwebtoken.sign({ ...CLAIMS, ...claims }, key, { algorithm: 'RS256', header: all as never });
}

@Controller()
class Notes {
  @Get()
  mine(@CurrentUser() caller: Principal) {
    return caller;
  }
  @Roles('editor')
  @Get('editors')
  editors() {
    return {};
  }
  @Permissions('notes:write')
  @Get('writers')
  writers() {
    return {};
  }
  @RequireRecent('5m')
  @Get('recent')
  recent() {
    return {};
  }
}

let app: INestApplication | undefined;
afterEach(() => app?.close());

async function start(options: Partial<ResourceServerOptions> = {}) {
  const auth = AuthModule.forResourceServer({
    ...{ keys, issuer: ISSUER, audience: 'notes', clock: clock.read, caller: keycloak },
    ...options,
  });
  @Module({ imports: [auth], controllers: [Notes] })
  class NotesModule {}
  const moduleRef = await Test.createTestingModule({ imports: [NotesModule] }).compile();
  app =
    process.env.HTTP === 'fastify'
      ? moduleRef.createNestApplication(new FastifyAdapter() as never, { logger: false })
      : moduleRef.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return async (token: string, path = '/') => supertest(url).get(path).set('Authorization', `Bearer ${token}`);
}

describe('a resource server of another issuer', () => {
  test('knows the caller, with the roles and permissions that the app reads', async () => {
    const get = await start();
    const { body } = await get(sign());
    expect(body).toMatchObject({
      id: 'f:1:ada',
      roles: ['editor', 'offline_access'],
      permissions: ['openid', 'notes:read'],
      sessionId: 's-1',
      authenticatedAt: NOW - 60,
      claims: { preferred_username: 'ada', realm_access: CLAIMS.realm_access },
    });
    const token = sign({ realm_access: undefined });
    const statuses = [get(sign(), '/editors'), get(sign(), '/writers'), get(token, '/editors'), get(sign(), '/recent')];
    expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([200, 403, 403, 200]);
  });

  test('takes tokens without a session or an id, as those of Auth0 are, and of type at+jwt', async () => {
    const get = await start();
    const bare = { sid: undefined, jti: undefined, auth_time: undefined };
    expect((await get(sign(bare))).body).toMatchObject({ sessionId: CLAIMS.sub, authenticatedAt: 0 });
    expect((await get(sign(bare), '/recent')).body.code).toBe('insufficient_user_authentication');
    expect((await get(sign({}, { header: { typ: 'at+jwt' } }))).status).toBe(200);
  });

  test.each<[string, object, Forgery]>([
    ['that the app refuses, such as an ID token', { typ: 'ID' }, {}],
    ['of another key', {}, { key: pair().privateKey }],
    ['of an unknown key', {}, { header: { kid: 'k2' } }],
    ['for another audience', { aud: 'account' }, {}],
    ['for no audience', { aud: undefined }, {}],
    ['of another issuer', { iss: `${ISSUER}2` }, {}],
    ['of another type', {}, { header: { typ: 'logout+jwt' } }],
    ['with more in its header', {}, { header: { crit: ['x'], x: 1 } }],
    ['without a user', { sub: undefined }, {}],
    ['with roles that are a text', { realm_access: { roles: 'editor' } }, {}],
    ['from the future', { iat: NOW + 600 }, {}],
  ])('refuses a token %s', async (_what, claims, forgery) => {
    const get = await start();
    const { status, body } = await get(sign(claims, forgery));
    expect([status, body.code]).toEqual([401, 'invalid_token']);
  });

  test('refuses one that has run out', async () => {
    const get = await start();
    expect((await get(sign({ exp: NOW - 10 }))).body.code).toBe('token_expired');
    expect((await get(sign({ iat: NOW - 7200 }))).body.code).toBe('token_expired');
  });

  test('takes no such token without `caller`', async () => {
    const get = await start({ caller: undefined });
    expect((await get(sign())).body.code).toBe('invalid_token');
    const own = { roles: ['editor'] };
    expect((await get(sign(own, { header: { typ: 'at+jwt' } }))).status).toBe(200);
  });

  test('says at boot what `caller` has to be', async () => {
    await expect(start({ caller: 'realm_access' as never })).rejects.toThrow('caller is a string; write (claims) =>');
  });
});
