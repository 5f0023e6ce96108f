import { generateKeyPairSync } from 'node:crypto';
import {
  AuthEvents,
  AuthModule,
  CurrentUser,
  JwtAuthGuard,
  OptionalAuth,
  Permissions,
  type Principal,
  Public,
  type ResourceServerExtras,
  type ResourceServerOptions,
  type ResourceServerOptionsFactory,
  Roles,
  TokenService,
  TokenVerifier,
} from '@acme/nest-auth';
import { TestClock } from '@acme/nest-auth/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  Controller,
  Delete,
  type DynamicModule,
  Get,
  type INestApplication,
  Injectable,
  Module,
  UseGuards,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import supertest from 'supertest';
import { bearer, SECRETS, signUp, startApp } from '../../support/app.js';
import { signUpByCookie } from '../../support/browser.js';
import { ACCESS, cookiesOf, SAME_ORIGIN } from '../../support/cookies.js';
import { ecdsa, forge, open, respellings } from '../../support/keys/forge.js';
import { type JwksServer, startJwksServer } from '../../support/keys/jwks-server.js';

const ISSUER = 'https://auth.example.org';
const keyPair = () => ({ alg: 'ES256', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) }) as const;
const key = keyPair();

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** The app that people log in to. */
async function startIssuer(options = {}) {
  const app = await startApp({
    options: {
      secrets: { ...SECRETS, access: key },
      issuer: ISSUER,
      audience: ['notes', 'auth'],
      register: { roles: ['editor'] },
      claims: ({ login }) => ({ tenant: login.split('@')[1] }),
      ...options,
    },
  });
  closing.push(app.close);
  return app;
}

@Controller('notes')
class NotesController {
  @Get() mine(@CurrentUser() { id, roles, claims }: Principal) {
    return { id, roles, tenant: claims.tenant };
  }
  @Roles('editor') @Get('drafts') drafts() {
    return [];
  }
  @Roles('admin') @Get('all') all() {
    return [];
  }
  @Permissions('notes:purge') @Get('purge') purge() {
    return [];
  }
  @Delete() clear(@CurrentUser('id') id: string) {
    return { id };
  }
  @Public() @Get('count') count() {
    return { count: 0 };
  }
  @OptionalAuth() @Get('welcome') welcome(@CurrentUser('id') id: string | null) {
    return { id };
  }
  @Public() @UseGuards(AuthGuard('jwt')) @Get('passport') passport(@CurrentUser('id') id: string) {
    return { id };
  }
}

/** Its feed of keys, by name: the library under test may be the built one, which has other classes than the sources. */
function feedOf(app: INestApplication): { refresh(): Promise<void> } {
  const providers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.providers.values()]);
  const feed = providers.find(({ name }) => name === 'JwksFeed')?.instance;
  if (!feed) throw new Error('This app has no JwksFeed.');
  return feed as { refresh(): Promise<void> };
}

/** The app that only verifies. */
async function startNotes(module: DynamicModule) {
  const moduleRef = await Test.createTestingModule({ imports: [module], controllers: [NotesController] }).compile();
  const app: INestApplication =
    process.env.HTTP === 'fastify'
      ? moduleRef.createNestApplication(new FastifyAdapter() as never, { logger: false })
      : moduleRef.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  closing.push(() => app.close());
  const http = supertest((await app.getUrl()).replace('[::1]', '127.0.0.1'));
  const get = async (path: string, token?: string) => {
    const { status, body, headers } = await http.get(path).set(token === undefined ? {} : bearerOf(token));
    return { status, code: body.code as string | undefined, body, headers };
  };
  /** In the form `200` or `401 invalid_token`. */
  const answer = async (token: string, path = '/notes') => {
    const { status, code } = await get(path, token);
    return code === undefined ? `${status}` : `${status} ${code}`;
  };
  return { app, http, get, answer, refresh: () => feedOf(app).refresh() };
}

const bearerOf = (token: string) => Object.fromEntries([bearer(token)]);

const optionsFor = ({ url, clock }: { url: string; clock: TestClock }): ResourceServerOptions => ({
  jwksUri: `${url}/.well-known/jwks.json`,
  issuer: ISSUER,
  audience: 'notes',
  clock: clock.read,
});

const notesFor = (
  issuer: { url: string; clock: TestClock },
  options: Partial<ResourceServerOptions & ResourceServerExtras> = {},
) => startNotes(AuthModule.forResourceServer({ ...optionsFor(issuer), ...options }));

async function startJwks(port?: number): Promise<JwksServer> {
  const server = await startJwksServer(port);
  closing.push(server.close);
  return server;
}

describe('a service that verifies what another app issued', () => {
  test('a resource server knows the caller, the roles and the claims, and enforces every decorator', async () => {
    const issuer = await startIssuer();
    const notes = await notesFor(issuer);
    const { access } = await signUp(issuer, 'ann@example.org');
    const { sub } = open(access).payload;
    const { body } = await notes.get('/notes', access);
    expect(body).toEqual({ id: sub, roles: ['editor'], tenant: 'example.org' });
    expect((await notes.get('/notes/welcome', access)).body).toEqual({ id: sub });
    expect((await notes.get('/notes/welcome')).body).toEqual({ id: null });
    expect((await notes.get('/notes/count')).status).toBe(200);
    expect(await notes.answer(access, '/notes/drafts')).toBe('200');
    expect(await notes.answer(access, '/notes/all')).toBe('403 insufficient_scope');
    expect(await notes.answer(access, '/notes/purge')).toBe('403 insufficient_scope');
    const { status, code, headers } = await notes.get('/notes');
    expect([status, code, headers['www-authenticate']]).toEqual([401, 'missing_token', `Bearer realm="${ISSUER}"`]);
  });

  test('AuthGuard of @nestjs/passport verifies as the guard of a resource server does', async () => {
    const issuer = await startIssuer();
    const notes = await notesFor(issuer);
    const { access } = await signUp(issuer);
    expect((await notes.get('/notes/passport', access)).body).toEqual({ id: open(access).payload.sub });
    expect((await notes.get('/notes/passport', `${access.slice(0, -4)}AAAA`)).status).toBe(401);
    expect((await notes.get('/notes/passport')).status).toBe(401);
  });

  test('a resource server has no routes of the library and nothing that could issue a token', async () => {
    const issuer = await startIssuer();
    const notes = await notesFor(issuer);
    for (const path of ['register', 'login', 'refresh', 'logout', 'logout-all', 'password', 'confirm']) {
      await notes.http.post(`/auth/${path}`).send({}).expect(404);
    }
    for (const path of ['/auth/me', '/auth/sessions', '/.well-known/jwks.json']) await notes.http.get(path).expect(404);
    expect(() => notes.app.get(TokenService, { strict: false })).toThrow();
  });

  test('a resource server emits an event for a refusal, and its TokenVerifier verifies by hand', async () => {
    const issuer = await startIssuer();
    const notes = await notesFor(issuer);
    const { access } = await signUp(issuer);
    const denied: string[] = [];
    notes.app.get(AuthEvents).on('access_denied', ({ userId }) => denied.push(userId));
    await notes.get('/notes/all', access);
    expect(denied).toEqual([open(access).payload.sub]);
    await expect(notes.app.get(TokenVerifier).verify(access)).resolves.toMatchObject({ id: denied[0] });
    await expect(notes.app.get(TokenVerifier).verify('x')).rejects.toMatchObject({ code: 'invalid_token' });
  });
});

describe.each(['cookie', 'both'] as const)('a resource server with transport: %s', (transport) => {
  async function scene(options: Partial<ResourceServerOptions> = {}) {
    const issuer = await startIssuer({ transport: 'cookie', ...(options.cookies && { cookies: options.cookies }) });
    const notes = await notesFor(issuer, { transport, ...options });
    const browser = await signUpByCookie(issuer);
    const name = options.cookies?.access ?? ACCESS;
    const access = cookiesOf(browser.answer)[name]?.value ?? '';
    const send = (method: 'get' | 'delete', headers: Record<string, string>) =>
      notes.http[method]('/notes').set({ Cookie: browser.cookie, ...headers });
    return { issuer, notes, access, send, name };
  }

  test('takes the access cookie of its issuer', async () => {
    for (const options of [{}, { cookies: { access: 'sid' } }]) {
      const { access, send } = await scene(options);
      const { sub } = open(access).payload;
      expect((await send('get', {}).expect(200)).body).toMatchObject({ id: sub, roles: ['editor'] });
      expect((await send('delete', SAME_ORIGIN).expect(200)).body).toEqual({ id: sub });
    }
  });

  test('verifies it as any other token, and knows no other cookie', async () => {
    const { notes, access, name, issuer, send } = await scene();
    const answer = async (cookie: string) => (await notes.http.get('/notes').set('Cookie', cookie)).body.code;
    expect(await answer(`${name}=${access.slice(0, -4)}AAAA`)).toBe('invalid_token');
    expect(await answer(`${name}=${access}; ${name}=planted`)).toBe('invalid_request');
    expect(await answer(`sid=${access}`)).toBe('missing_token');
    issuer.clock.advance(1000);
    expect((await send('get', {}).expect(401)).body.code).toBe('token_expired');
  });

  test.each([
    ['another port of its host', { 'Sec-Fetch-Site': 'same-site', Origin: 'http://127.0.0.1:1' }],
    ["its issuer's page, unless that is listed", { 'Sec-Fetch-Site': 'same-site', Origin: ISSUER }],
    ['another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
    ['a sandboxed page', { Origin: 'null' }],
    ['who does not say', {}],
  ])('refuses what changes something by cookie from %s', async (_, says) => {
    const { send } = await scene();
    const refused = await send('delete', says as Record<string, string>).expect(403);
    expect(refused.body.code).toBe('cross_site_request');
    await send('get', says as Record<string, string>).expect(200);
  });

  test('has pages of its own list', async () => {
    const { send } = await scene({ cookies: { origins: [ISSUER] } });
    await send('delete', { 'Sec-Fetch-Site': 'same-site', Origin: ISSUER }).expect(200);
  });

  test('takes a bearer token only if it says so, and never beside a cookie', async () => {
    const { notes, access, send } = await scene();
    expect(await notes.answer(access)).toBe(transport === 'both' ? '200' : '401 missing_token');
    const both = await send('get', bearerOf(access));
    // With cookies only, the header may belong to a proxy.
    expect([both.status, both.body.code]).toEqual(transport === 'both' ? [400, 'invalid_request'] : [200, undefined]);
  });

  test('takes its options from a factory too', async () => {
    const issuer = await startIssuer({ transport: 'cookie' });
    const useFactory = () => ({ ...optionsFor(issuer), transport });
    const notes = await startNotes(AuthModule.forResourceServerAsync({ useFactory }));
    const { cookie } = await signUpByCookie(issuer);
    await notes.http
      .delete('/notes')
      .set({ Cookie: cookie, ...SAME_ORIGIN })
      .expect(200);
    await notes.http.delete('/notes').set({ Cookie: cookie }).expect(403);
  });
});

test('a resource server without transport takes no cookie', async () => {
  const issuer = await startIssuer({ transport: 'both' });
  const notes = await notesFor(issuer);
  const { cookie } = await signUpByCookie(issuer);
  expect((await notes.http.get('/notes').set('Cookie', cookie)).body.code).toBe('missing_token');
});

describe('a token that is not for us, or not from them, is refused', () => {
  test.each<[string, object]>([
    ['another issuer', { iss: 'https://mallory.example' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'billing' }],
    ['other audiences', { aud: ['billing', 'auth'] }],
    ['no audience', { aud: undefined }],
    ['a subject that is an operator', { sub: { $ne: null } }],
    ['roles that are no list', { roles: 'admin' }],
    ['no end', { exp: undefined }],
  ])('a token with %s is refused, although its signature is right', async (_, change) => {
    const issuer = await startIssuer();
    const notes = await notesFor(issuer);
    const { header, payload } = open((await signUp(issuer)).access);
    const sign = ecdsa(key.privateKey);
    expect(await notes.answer(forge(header, { ...payload, jti: 'mine' }, sign))).toBe('200');
    expect(await notes.answer(forge(header, { ...payload, ...change }, sign))).toBe('401 invalid_token');
  });

  test('a token of another key, algorithm, kind or spelling is refused', async () => {
    const issuer = await startIssuer();
    const notes = await notesFor(issuer);
    const { access } = await signUp(issuer);
    const { header, payload } = open(access);
    const sign = ecdsa(key.privateKey);
    const cut = access.lastIndexOf('.') + 1;
    const wrong = [
      forge(header, payload, ecdsa(keyPair().privateKey)),
      forge({ ...header, alg: 'none' }, payload, () => ''),
      forge({ ...header, alg: 'HS256' }, payload, sign),
      forge({ ...header, typ: 'JWT' }, payload, sign),
      forge({ ...header, kid: 'unknown' }, payload, sign),
      forge({ ...header, jku: issuer.url }, payload, sign),
      ...respellings(access.slice(cut)).map((twin) => access.slice(0, cut) + twin),
    ];
    for (const token of wrong) expect(await notes.answer(token)).toBe('401 invalid_token');
    expect(await notes.answer(access)).toBe('200');
  });

  test('a token older than maxAge is refused, however long its issuer lets it live', async () => {
    const issuer = await startIssuer({ ttl: { access: '12h' } });
    const notes = await notesFor(issuer, { maxAge: '10m', clockTolerance: 0 });
    const { access } = await signUp(issuer);
    issuer.clock.advance(599);
    expect(await notes.answer(access)).toBe('200');
    issuer.clock.advance(1);
    expect(await notes.answer(access)).toBe('401 token_expired');
  });
});

describe('keys', () => {
  test('keys are rotated at the issuer while requests go on, and nobody is refused by mistake', async () => {
    const issuer = await startIssuer();
    const notes = await notesFor(issuer);
    const next = keyPair();
    const users = [await signUp(issuer)];
    const answers: string[] = [];
    const ask = async () => {
      for (const { access } of users)
        answers.push(...(await Promise.all([access, access].map((t) => notes.answer(t)))));
    };
    for (const keys of [
      [key, next],
      [next, key],
    ] as const) {
      issuer.app.get(TokenService).useKeys(keys);
      users.push(await signUp(issuer));
      await ask();
      await Promise.all([notes.refresh(), ask(), ask()]);
    }
    expect(answers).toHaveLength(30);
    expect(new Set(answers)).toEqual(new Set(['200']));
    const [first, , last] = users;
    expect(open(first!.access).header.kid).not.toBe(open(last!.access).header.kid);
    issuer.app.get(TokenService).useKeys(next);
    await notes.refresh();
    expect([await notes.answer(first!.access), await notes.answer(last!.access)]).toEqual(['401 invalid_token', '200']);
  });

  test('keys are never fetched because a token names one', async () => {
    const issuer = await startIssuer();
    const jwks = await startJwks();
    jwks.publish(issuer.app.get(TokenService).jwks());
    const notes = await notesFor({ url: `http://127.0.0.1:${jwks.port}`, clock: issuer.clock });
    const { header, payload } = open((await signUp(issuer)).access);
    for (let i = 0; i < 50; i++) {
      const token = forge({ ...header, kid: `unknown-${i}` }, payload, ecdsa(key.privateKey));
      expect(await notes.answer(token)).toBe('401 invalid_token');
    }
    expect(jwks.seen).toHaveLength(1);
  });

  test('keys may be given instead of an address: a public key, a JWK Set or the shared secret', async () => {
    const issuer = await startIssuer();
    const { access } = await signUp(issuer);
    const { kid } = open(access).header;
    const base = { issuer: ISSUER, audience: 'notes', clock: issuer.clock.read };
    const jwk = { ...key.publicKey.export({ format: 'jwk' }), kid, alg: 'ES256' };
    for (const keys of [{ alg: 'ES256', publicKey: key.publicKey } as const, { keys: [jwk] }]) {
      const notes = await startNotes(AuthModule.forResourceServer({ ...base, keys }));
      expect(await notes.answer(access)).toBe('200');
    }
    const symmetric = await startIssuer({ secrets: SECRETS });
    const notes = await startNotes(AuthModule.forResourceServer({ ...base, keys: SECRETS.access }));
    expect(await notes.answer((await signUp(symmetric)).access)).toBe('200');
    expect(await notes.answer(access)).toBe('401 invalid_token');
  });
});

describe('an issuer that is down', () => {
  test('an issuer that is down at boot: the service starts, answers 503 with Retry-After, and recovers by itself', async () => {
    const issuer = await startIssuer();
    const { access } = await signUp(issuer);
    const jwks = await startJwks();
    const { port } = jwks;
    await jwks.close();
    const notes = await notesFor({ url: `http://127.0.0.1:${port}`, clock: issuer.clock });
    for (const token of [access, 'rubbish']) {
      for (const path of ['/notes', '/notes/welcome']) {
        const { status, code, headers } = await notes.get(path, token);
        expect([status, code, headers['retry-after']]).toEqual([503, 'store_unavailable', '5']);
        expect(headers['www-authenticate']).toBeUndefined();
      }
    }
    expect((await notes.get('/notes/count')).status).toBe(200);
    expect((await notes.get('/notes')).code).toBe('missing_token');

    const back = await startJwks(port);
    const asked = new Promise<void>((resolve) => {
      back.answer((_, response) => {
        response.setHeader('content-type', 'application/json').end(JSON.stringify(issuer.app.get(TokenService).jwks()));
        resolve();
      });
    });
    await asked;
    // A request during the answer waits for it.
    await notes.refresh();
    expect([await notes.answer(access), await notes.answer('rubbish')]).toEqual(['200', '401 invalid_token']);
  });

  test('an issuer that goes down later: the last keys stay in use, but not for ever', async () => {
    const issuer = await startIssuer({ ttl: { access: '12h' } });
    const jwks = await startJwks();
    jwks.publish(issuer.app.get(TokenService).jwks());
    const origin = { url: `http://127.0.0.1:${jwks.port}`, clock: issuer.clock };
    const notes = await notesFor(origin, { maxAge: '12h', jwksMaxStale: '2h' });
    const { access } = await signUp(issuer);
    await jwks.close();
    await notes.refresh();
    issuer.clock.advance(2 * 3600 - 1);
    expect(await notes.answer(access)).toBe('200');
    issuer.clock.advance(1);
    expect(await notes.answer(access)).toBe('503 store_unavailable');
    expect((await notes.get('/notes/passport', access)).status).toBe(503);
  });
});

describe('composition', () => {
  @Injectable()
  class Config implements ResourceServerOptionsFactory {
    readonly options = { keys: key, issuer: ISSUER, audience: ['notes'] };

    async createResourceServerOptions(): Promise<ResourceServerOptions> {
      return this.options;
    }
  }

  @Module({ providers: [Config], exports: [Config] })
  class ConfigModule {}

  const isPrivate = async (module: DynamicModule) => (await (await startNotes(module)).get('/notes')).code;

  test('a resource server takes its options from a factory, a class or a provider', async () => {
    const { forResourceServerAsync } = AuthModule;
    const imports = [ConfigModule];
    const useFactory = (config: Config) => config.options;
    expect(await isPrivate(forResourceServerAsync({ imports, inject: [Config], useFactory }))).toBe('missing_token');
    expect(await isPrivate(forResourceServerAsync({ useClass: Config }))).toBe('missing_token');
    expect(await isPrivate(forResourceServerAsync({ imports, useExisting: Config }))).toBe('missing_token');
  });

  test('the global guard of a resource server can be left out, and replaced in a test', async () => {
    const module = AuthModule.forResourceServerAsync({ useClass: Config, globalGuard: false });
    expect((await (await startNotes(module)).get('/notes/drafts')).status).toBe(200);
    const moduleRef = await Test.createTestingModule({
      imports: [AuthModule.forResourceServerAsync({ useClass: Config })],
      controllers: [NotesController],
    })
      .overrideProvider(JwtAuthGuard)
      .useValue({ canActivate: () => true })
      .compile();
    const app = moduleRef.createNestApplication({ logger: false });
    closing.push(() => app.close());
    await app.init();
    await supertest(app.getHttpServer()).get('/notes/drafts').expect(200);
  });

  test('isGlobal: false gives the services of a resource server only to modules that import it', async () => {
    @Injectable()
    class Client {
      constructor(readonly verifier: TokenVerifier) {}
    }
    @Module({ providers: [Client] })
    class OtherModule {}
    const compile = (isGlobal: boolean) =>
      Test.createTestingModule({
        imports: [AuthModule.forResourceServerAsync({ useClass: Config, isGlobal }), OtherModule],
      }).compile();
    await expect(compile(false)).rejects.toThrow(/TokenVerifier/);
    await expect(compile(true)).resolves.toBeDefined();
  });

  test('a wrong configuration keeps a resource server from starting, and every problem is named', async () => {
    const wrong = AuthModule.forResourceServer({ jwksUri: 'http://auth.example.org/keys' } as ResourceServerOptions);
    await expect(startNotes(wrong)).rejects.toThrow(/jwksUri does[\s\S]*issuer is missing[\s\S]*audience is missing/);
  });
});
