import {
  AuthError,
  Authenticated,
  Authorize,
  type Decision,
  type Observer,
  OptionalAuth,
  type Principal,
  Public,
  RequireRecent,
  Roles,
  RolesGuard,
} from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, ForbiddenException, Get, Post, UseGuards } from '@nestjs/common';
import { bearer, logIn, PASSWORD, signUp, startApp, type TestApp, type TestAppOptions } from '../../support/app.js';
import { signUpByCookie } from '../../support/browser.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { spyOn } from '../../support/spies.js';
import { nameOf, observer, type Watched, watching } from '../../support/watch.js';

const hunter2 = new Error('hunter2');

@Controller('notes')
class NotesController {
  @Public()
  @Get('public')
  open() {}

  @OptionalAuth()
  @Get('optional')
  optional() {}

  @Get('private')
  private() {}

  @Post('private')
  add() {}

  @Roles('admin')
  @Get('admin')
  admin() {}

  @RequireRecent('5m')
  @Get('recent')
  recent() {}

  @Authorize(() => true)
  @Get('mine')
  mine() {}

  @Authorize(() => false)
  @Get('not-mine')
  notMine() {}

  @Authorize(() => {
    throw hunter2;
  })
  @Get('broken')
  broken() {}

  @Authorize(async () => {
    throw new ForbiddenException();
  })
  @Get('forbidden')
  forbidden() {}

  @Authenticated('watch-key')
  @Get('by-key')
  byKey() {}
}

/** A handler with the library's `RolesGuard`, which decides a second time. */
@Controller('again')
class AgainController {
  @Roles('admin')
  @UseGuards(RolesGuard)
  @Get()
  admin() {}
}

const key = {
  feature: 'keys',
  credential: {
    name: 'watch-key',
    matches: ({ headers }: { headers: object }) => 'x-key' in headers,
    authenticate: async (): Promise<Principal> => {
      throw new AuthError('invalid_token');
    },
  },
};

const started: TestApp[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((app) => app.close()));
});

async function start({ features = [], options, ...rest }: TestAppOptions = {}) {
  const app = await startApp({
    ...rest,
    controllers: [NotesController, AgainController],
    features: [...features, { name: 'keys', hooks: { inject: [], useFactory: () => key } }],
    options: { password: { hasher: new FakeHasher() }, storeTimeout: 1, ...options },
  });
  started.push(app);
  return app;
}

const codeOf = ({ refusal }: Decision) => refusal?.code;
const callerOf = ({ caller }: Decision) => (caller as Principal | null)?.id ?? null;

type Send = (app: TestApp, user: { readonly access: string }) => PromiseLike<{ status: number }>;
const get = (path: string): Send => {
  return ({ as }, { access }) => as(access).get(`/notes/${path}`);
};
const anonymous = (path: string): Send => {
  return ({ http }) => http.get(`/notes/${path}`);
};

/** Name, request, status, code, and whether the caller is known. */
const DECISIONS: [string, Send, number, string | undefined, boolean][] = [
  ['a public route', anonymous('public'), 200, undefined, false],
  ['a public route with a token', get('public'), 200, undefined, false],
  ['an optional route without a token', anonymous('optional'), 200, undefined, false],
  ['an optional route with a token', get('optional'), 200, undefined, true],
  ['a private route', get('private'), 200, undefined, true],
  ['a missing token', anonymous('private'), 401, 'missing_token', false],
  ['an invalid token', ({ as }) => as('ey.not.mine').get('/notes/private'), 401, 'invalid_token', false],
  ['a missing role', get('admin'), 403, 'insufficient_scope', true],
  ['a login that is too old', get('recent'), 401, 'insufficient_user_authentication', true],
  ['an authorizer that agrees', get('mine'), 200, undefined, true],
  ['an authorizer that refuses', get('not-mine'), 403, 'insufficient_scope', true],
  ['an authorizer that throws', get('broken'), 500, 'Error', true],
  ['an authorizer that throws an exception of its own', get('forbidden'), 403, 'ForbiddenException', true],
  [
    "an invalid credential of a feature's",
    ({ http }) => http.get('/notes/by-key').set('X-Key', 'x'),
    401,
    'invalid_token',
    false,
  ],
];

describe.each(['immediate', 'strict'] as const)('each decision of the guard, with revocation %s:', (revocation) => {
  test.each(DECISIONS)('%s', async (_, send, status, code, isKnown) => {
    const { decisions, feature } = watching();
    const app = await start({ features: [feature], options: { revocation } });
    const { access } = await signUp(app);
    const { sub } = JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString());
    app.clock.advance(360);
    decisions.length = 0;
    expect((await send(app, { access })).status).toBe(status);
    expect(decisions.map(codeOf)).toEqual([code]);
    const [decision] = decisions as [Decision];
    expect(decision.refusal?.status ?? 200).toBe(status);
    expect(callerOf(decision)).toBe(isKnown ? sub : null);
    expect(decision).toMatchObject({ transport: 'http', policy: expect.anything(), milliseconds: expect.any(Number) });
    expect(decision.context?.getClass()).toBe(NotesController);
    expect(String(decision.refusal?.error.stack)).not.toContain('hunter2');
  });

  test('a session that has ended', async () => {
    const { decisions, feature } = watching();
    const app = await start({ features: [feature], options: { revocation } });
    const { access } = await signUp(app);
    await app.as(access).post('/auth/logout').expect(204);
    await app.as(access).get('/notes/private').expect(401);
    expect(decisions.map(codeOf)).toEqual([undefined, undefined, 'token_revoked']);
  });
});

test('a store that is down is a refusal that observers see, as the store and as the guard', async () => {
  const { decisions, operations, feature } = watching();
  const app = await start({ features: [feature], options: { revocation: 'strict' } });
  const { access } = await signUp(app);
  spyOn(app.sessionStore, (method) => (method === 'find' ? Promise.reject(hunter2) : undefined));
  await app.as(access).get('/notes/private').expect(503);
  expect(codeOf(decisions.at(-1) as Decision)).toBe('store_unavailable');
  const { operation, outcome } = operations.at(-1) as Watched;
  expect([nameOf(operation), outcome?.refusal]).toEqual([
    'SessionStore.find',
    expect.objectContaining({ code: 'store_unavailable', status: 503 }),
  ]);
});

test('a cookie from another site is a refusal that observers see', async () => {
  const { decisions, feature } = watching();
  const app = await start({ features: [feature], options: { transport: 'both' } });
  const { cookie } = await signUpByCookie(app);
  const from = { Cookie: cookie, Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
  await app.http.post('/notes/private').set(from).expect(403);
  expect(codeOf(decisions.at(-1) as Decision)).toBe('cross_site_request');
});

test('a RolesGuard behind the global guard makes a decision of its own', async () => {
  const { decisions, feature } = watching();
  const app = await start({ features: [feature] });
  const { email } = await signUp(app);
  const user = await app.userStore.findByLogin(email);
  app.userStore.update(user?.id ?? '', { roles: ['admin'] });
  const { access } = await logIn(app, email);
  decisions.length = 0;
  await app.http
    .get('/again')
    .set(...bearer(access))
    .expect(200);
  expect(decisions.map((decision) => [codeOf(decision), callerOf(decision)])).toEqual([
    [undefined, user?.id],
    [undefined, user?.id],
  ]);
});

describe('an observer that fails', () => {
  const fail = () => {
    throw hunter2;
  };
  const FAILING: [string, Observer][] = [
    ['at once', { decided: fail, started: fail }],
    ['later', { decided: (async () => fail()) as never, started: (async () => fail()) as never }],
    ['within', { started: () => ({ within: fail, ended: fail }) }],
    ['by answering', { decided: (() => true) as never, started: () => ({ within: () => true }) }],
  ];

  test.each(FAILING)('%s changes no answer, and lets nobody in', async (_, observe) => {
    const app = await start({ features: [observer('broken', observe)] });
    const { email, access, refresh } = await signUp(app);
    const statusOf = async (path: string) => (await app.as(access).get(path)).status;
    const paths = ['public', 'private', 'admin', 'not-mine', 'broken'];
    expect(await Promise.all(paths.map((path) => statusOf(`/notes/${path}`)))).toEqual([200, 200, 403, 403, 500]);
    await app.http.get('/notes/private').expect(401);
    await app.http.post('/auth/login').send({ email, password: PASSWORD }).expect(200);
    await app.http.post('/auth/login').send({ email, password: 'another fine passphrase' }).expect(401);
    await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(200);
    spyOn(app.sessionStore, (method) => (method === 'create' ? Promise.reject(hunter2) : undefined));
    await app.http.post('/auth/login').send({ email, password: PASSWORD }).expect(503);
  });
});
