import { AuthEvents, type AuthOptions, Authorize, Roles, SessionService } from '@acme/nest-auth';
import { telemetry } from '@acme/nest-auth/telemetry';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Controller, ForbiddenException, Get, type INestApplication } from '@nestjs/common';
import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { logIn, PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { type Sdk, startSdk, treeOf } from '../../support/open-telemetry.js';
import { spyOn } from '../../support/spies.js';

@Controller('notes')
class NotesController {
  @Get()
  list() {}

  @Roles('admin')
  @Get('admin')
  admin() {}

  @Authorize(() => {
    throw new ForbiddenException('hunter2');
  })
  @Get('forbidden')
  forbidden() {}
}

let sdk: Sdk;
let app: TestApp;
beforeEach(() => {
  sdk = startSdk();
});
afterEach(async () => {
  await app.close();
  await sdk.stop();
});

async function start(options: Partial<AuthOptions> = {}, configure?: (app: INestApplication) => void) {
  app = await startApp({
    controllers: [NotesController],
    features: [telemetry()],
    // Otherwise the poll for revocations would call a store.
    options: { password: { hasher: new FakeHasher() }, revocation: 'eventual', storeTimeout: 1, ...options },
    ...(configure && { configure }),
  });
  return app;
}

type Middleware = (request: { method: string; url: string }, response: NodeJS.EventEmitter, next: () => void) => void;

/** Makes a span for each request, as HTTP instrumentation does. */
const instrumented = (one: INestApplication) => {
  const middleware: Middleware = ({ method }, response, next) =>
    sdk.tracer.startActiveSpan(method, (span) => {
      response.once('finish', () => span.end());
      next();
    });
  one.use(middleware);
};

const finished = () => sdk.spans.getFinishedSpans();
const named = (name: string) => finished().filter((span) => span.name === name) as [ReadableSpan];
const withoutCounters = (spans: readonly ReadableSpan[]) =>
  spans.filter(({ name }) => !name.startsWith('AttemptLimit'));

describe('spans', () => {
  test('of a login are nested like its parts', async () => {
    await start();
    const { email } = await signUp(app);
    sdk.spans.reset();
    await logIn(app, email);
    expect(treeOf(withoutCounters(finished()))).toEqual([
      [
        'auth.login',
        [
          ['auth.authenticate', ['UserStore.findByLogin', 'auth.password.verify']],
          ['auth.admit', ['SessionStore.create', 'SessionStore.listActive', 'UserStore.findById']],
        ],
      ],
    ]);
    expect(named('auth.login')[0].instrumentationScope.name).toBe('@acme/nest-auth');
    expect(named('UserStore.findByLogin')[0].attributes).toEqual({
      'acme.auth.operation': 'store',
      'code.function.name': 'UserStore.findByLogin',
    });
    expect(finished().map(({ status }) => status.code)).toEqual(finished().map(() => SpanStatusCode.UNSET));
  });

  test("are below the span of the app's own instrumentation", async () => {
    await start({}, instrumented);
    const { refresh } = await signUp(app);
    sdk.spans.reset();
    await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(200);
    expect(treeOf(finished())).toEqual([['POST', [['auth.refresh', ['SessionStore.advance', 'UserStore.findById']]]]]);
    expect(new Set(finished().map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  test('of two logins at once are not mixed up', async () => {
    await start({}, instrumented);
    const { email } = await signUp(app);
    sdk.spans.reset();
    await Promise.all([logIn(app, email), logIn(app, email)]);
    const [first, second] = treeOf(withoutCounters(finished()));
    expect(JSON.stringify(first)).toContain('SessionStore.create');
    expect(second).toEqual(first);
  });

  test('of refusals have their code and are no errors', async () => {
    await start();
    const { email } = await signUp(app);
    sdk.spans.reset();
    await app.http.post('/auth/login').send({ email, password: 'another fine passphrase' }).expect(401);
    await app.http.post('/auth/refresh').send({ refresh_token: 'nar_x' }).expect(401);
    for (const [name, code] of [
      ['auth.login', 'invalid_credentials'],
      ['auth.authenticate', 'invalid_credentials'],
      ['auth.refresh', 'invalid_refresh_token'],
    ] as const) {
      const [{ attributes, status, events }] = named(name);
      expect(attributes).toEqual({ 'acme.auth.operation': expect.any(String), 'acme.auth.code': code });
      expect([status.code, events]).toEqual([SpanStatusCode.UNSET, []]);
    }
  });

  test('of a store that is down are errors, up to the request that failed', async () => {
    await start();
    const { email } = await signUp(app);
    sdk.spans.reset();
    spyOn(app.userStore, (method) => (method === 'findByLogin' ? Promise.reject(new Error('hunter2')) : undefined));
    await app.http.post('/auth/login').send({ email, password: PASSWORD }).expect(503);
    for (const name of ['auth.login', 'auth.authenticate', 'UserStore.findByLogin']) {
      const [{ attributes, status, events }] = named(name);
      expect(attributes).toMatchObject({ 'acme.auth.code': 'store_unavailable', 'error.type': 'store_unavailable' });
      expect([status, events]).toEqual([{ code: SpanStatusCode.ERROR }, []]);
    }
  });

  test('of a request show why the guard refused it', async () => {
    await start({}, instrumented);
    const { access } = await signUp(app);
    sdk.spans.reset();
    await app.as(access).get('/notes').expect(200);
    await app.as(access).get('/notes/admin').expect(403);
    await app.as(access).get('/notes/forbidden').expect(403);
    expect(finished().map(({ attributes }) => attributes)).toEqual([
      {},
      { 'acme.auth.code': 'insufficient_scope' },
      { 'acme.auth.code': 'ForbiddenException' },
    ]);
  });

  test('of stores never begin a trace, or the poll for revocations would begin one each second', async () => {
    await start();
    const sessions = app.app.get(SessionService);
    await sessions.deleteExpired();
    expect(finished()).toEqual([]);
    await sdk.tracer.startActiveSpan('job', async (span) => {
      await sessions.deleteExpired();
      span.end();
    });
    expect(treeOf(finished())).toEqual([['job', ['SessionStore.deleteExpired']]]);
  });

  test('show a hash that waits apart from the hash, and one that is refused', async () => {
    const hasher = new FakeHasher();
    await start({ password: { hasher, concurrency: 1, queue: 1 } });
    const full = new Promise((resolve) => app.app.get(AuthEvents).on('overloaded', resolve));
    // One hash runs until one waits and another was refused.
    hasher.beforeHash = () => full as Promise<void>;
    const register = (name: string) =>
      app.http.post('/auth/register').send({ email: `${name}@example.org`, password: PASSWORD });
    const answers = await Promise.all(['ann', 'bob', 'eve'].map(register));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 503]);
    const waits = finished().filter(({ name }) => name === 'auth.password.wait');
    const codes = waits.map(({ attributes }) => attributes['acme.auth.code']);
    expect(codes.sort()).toEqual(['overloaded', undefined]);
    const above = new Set(waits.map(({ parentSpanContext: parent }) => parent?.spanId));
    expect(named('auth.register').filter((span) => above.has(span.spanContext().spanId))).toHaveLength(2);
    const points = await sdk.points('auth.password.queue.duration');
    expect(points.map(({ attributes }) => attributes['error.type']).sort()).toEqual(['overloaded', undefined]);
  });
});

describe("the user's id", () => {
  const idOf = async (email: string) => (await app.userStore.findByLogin(email))?.id;

  test('is in no span, because it is personal data', async () => {
    await start({}, instrumented);
    const { email, access } = await signUp(app);
    await app.as(access).get('/notes').expect(200);
    expect(JSON.stringify(finished().map(({ attributes }) => attributes))).not.toContain(await idOf(email));
  });

  test('is in the spans of the request, the login and the refresh with `userId: true`', async () => {
    await start({ telemetry: { userId: true } }, instrumented);
    const { email, access, refresh } = await signUp(app);
    await logIn(app, email);
    await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(200);
    await app.as(access).get('/notes').expect(200);
    const withId = finished().filter(({ attributes }) => attributes['enduser.id'] !== undefined);
    expect(withId.map(({ name }) => name)).toEqual([
      'auth.admit',
      'auth.register',
      'auth.admit',
      'auth.refresh',
      'GET',
    ]);
    expect(new Set(withId.map(({ attributes }) => attributes['enduser.id']))).toEqual(new Set([await idOf(email)]));
  });
});
