import { type AuthOptions, Public, Roles } from '@acme/nest-auth';
import { telemetry } from '@acme/nest-auth/telemetry';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { logIn, PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { type Sdk, startSdk } from '../../support/open-telemetry.js';
import { spyOn } from '../../support/spies.js';

@Controller('notes')
class NotesController {
  @Get()
  list() {}

  @Public()
  @Get('public')
  open() {}

  @Roles('admin')
  @Get('admin')
  admin() {}
}

interface Histogram {
  readonly count: number;
  readonly sum: number;
  readonly buckets: { readonly boundaries: readonly number[] };
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

async function start(options: Partial<AuthOptions> = {}) {
  app = await startApp({
    controllers: [NotesController],
    features: [telemetry()],
    options: { password: { hasher: new FakeHasher() }, revocation: 'strict', storeTimeout: 1, ...options },
  });
}

/** Attributes and value of each point, without those of our own routes. */
async function counted(name: string) {
  const points = await sdk.points(name);
  return points
    .filter(({ attributes }) => !String(attributes['code.function.name']).startsWith('AuthController'))
    .map(({ attributes, value }) => ({ ...attributes, value }));
}

const histogram = async (name: string, is: (attributes: Readonly<Record<string, unknown>>) => boolean = () => true) => {
  const [point] = (await sdk.points(name)).filter(({ attributes }) => is(attributes));
  return point?.value as Histogram;
};

describe('metrics', () => {
  test('count each decision by its outcome, code, transport and handler', async () => {
    await start();
    const { access } = await signUp(app);
    await app.http.get('/notes/public').expect(200);
    for (let n = 0; n < 3; n++) await app.as(access).get('/notes').expect(200);
    await app.http.get('/notes').expect(401);
    await app.as(access).get('/notes/admin').expect(403);
    spyOn(app.sessionStore, (method) => (method === 'find' ? Promise.reject(new Error('hunter2')) : undefined));
    await app.as(access).get('/notes').expect(503);
    const of = (decision: string, handler: string) => ({
      'acme.auth.decision': decision,
      'acme.auth.transport': 'http',
      'code.function.name': `NotesController.${handler}`,
    });
    expect(await counted('auth.decisions')).toEqual([
      { ...of('allowed', 'open'), value: 1 },
      { ...of('allowed', 'list'), value: 3 },
      { ...of('refused', 'list'), 'acme.auth.code': 'missing_token', value: 1 },
      { ...of('refused', 'admin'), 'acme.auth.code': 'insufficient_scope', value: 1 },
      {
        ...of('failed', 'list'),
        ...{ 'acme.auth.code': 'store_unavailable', 'error.type': 'store_unavailable', value: 1 },
      },
    ]);
  });

  test('count each refusal once, by its code', async () => {
    await start();
    const { email } = await signUp(app);
    const wrong = { email, password: 'another fine passphrase' };
    for (let n = 0; n < 2; n++) await app.http.post('/auth/login').send(wrong).expect(401);
    await app.http.post('/auth/refresh').send({ refresh_token: 'nar_x' }).expect(401);
    await app.http.post('/auth/register').send({ email, password: PASSWORD }).expect(409);
    await app.http.get('/notes').expect(401);
    expect(await counted('auth.refusals')).toEqual([
      { 'acme.auth.operation': 'login', 'acme.auth.code': 'invalid_credentials', value: 2 },
      { 'acme.auth.operation': 'refresh', 'acme.auth.code': 'invalid_refresh_token', value: 1 },
      { 'acme.auth.operation': 'register', 'acme.auth.code': 'login_taken', value: 1 },
      { 'acme.auth.operation': 'guard', 'acme.auth.code': 'missing_token', value: 1 },
    ]);
  });

  test('time the guard, logins, hashes and stores in seconds, with boundaries that fit', async () => {
    await start();
    const { email, access } = await signUp(app);
    await logIn(app, email);
    await app.as(access).get('/notes').expect(200);
    const scopes = await sdk.collected();
    expect(scopes.map(({ scope }) => scope.name)).toEqual(['@acme/nest-auth']);
    const units = scopes.flatMap(({ metrics }) => metrics.map(({ descriptor: { name, unit } }) => [name, unit]));
    expect(Object.fromEntries(units)).toEqual({
      'auth.decisions': '{decision}',
      'auth.guard.duration': 's',
      'auth.operation.duration': 's',
      'auth.password.duration': 's',
      'auth.store.duration': 's',
    });
    const guard = await histogram('auth.guard.duration');
    expect(guard.sum).toBeGreaterThan(0);
    // In seconds: milliseconds would be a thousand times larger.
    expect(guard.sum / guard.count).toBeLessThan(0.5);
    expect(Math.min(...guard.buckets.boundaries)).toBeLessThan(0.00001);
    for (const operation of ['login', 'register', 'authenticate', 'admit'])
      expect(
        (await histogram('auth.operation.duration', (one) => one['acme.auth.operation'] === operation)).count,
      ).toBe(operation === 'admit' ? 2 : 1);
    for (const operation of ['hash_password', 'verify_password'])
      expect((await histogram('auth.password.duration', (one) => one['acme.auth.operation'] === operation)).count).toBe(
        1,
      );
    const create = await histogram('auth.store.duration', (one) => one['code.function.name'] === 'SessionStore.create');
    expect(create.count).toBe(2);
  });
});

/** Everything that an operator's back end would get from a whole story. */
async function keptOf(options: Partial<AuthOptions>) {
  await start(options);
  const { email, access, refresh } = await signUp(app);
  const wrong = 'another fine passphrase';
  const chosen = 'a third fine passphrase';
  await app.http.post('/auth/login').send({ email, password: wrong }).expect(401);
  await app.http.post('/auth/login').send({ email: 'nobody@example.org', password: wrong }).expect(401);
  await app.http.post('/auth/register').send({ email, password: PASSWORD }).expect(409);
  const again = await logIn(app, email);
  const { body } = await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(200);
  await app.http.get('/notes').set('Authorization', `Bearer ${access}x`).expect(401);
  await app.as(access).get(`/notes?access_token=${access}`).expect(200);
  const change = { current_password: PASSWORD, new_password: chosen };
  await app.as(access).post('/auth/password').send(change).expect(204);
  const user = await app.userStore.findByLogin(email);
  const quote = `duplicate key (${email}, ${user?.passwordHash}, ${chosen}, ${again.refresh})`;
  spyOn(app.userStore, (method) =>
    method === 'findByLogin' ? Promise.reject(Object.assign(new Error(quote), { detail: quote })) : undefined,
  );
  await app.http.post('/auth/login').send({ email, password: chosen }).expect(503);
  const [session] = await app.sessionStore.listActive(user?.id ?? '', { now: new Date(app.clock.read()), limit: 1 });
  const tokens = [access, refresh, again.access, again.refresh, body.access_token, body.refresh_token] as string[];
  const spans = sdk.spans
    .getFinishedSpans()
    .map(({ name, attributes, events, links, status, instrumentationScope }) => {
      return { name, attributes, events, links, status, instrumentationScope };
    });
  return {
    kept: JSON.stringify([spans, await sdk.collected()]),
    secrets: [
      ...[email, 'example.org', PASSWORD, wrong, chosen, 'duplicate key', user?.passwordHash ?? '', '$fake$'],
      ...[...tokens, ...tokens.flatMap((token) => token.split('.')), session?.id ?? '', '127.0.0.1'],
    ],
    id: user?.id ?? '',
  };
}

describe('whatever happens, spans and metrics carry no login, password, hash, token, session or address', () => {
  test('and no user', async () => {
    const { kept, secrets, id } = await keptOf({});
    for (const name of ['auth.login', 'auth.refresh', 'store_unavailable', 'UserStore.findByLogin', 'auth.decisions'])
      expect(kept).toContain(name);
    for (const secret of [...secrets, id]) {
      expect(secret.length).toBeGreaterThan(3);
      expect(kept).not.toContain(secret);
    }
  });

  test('and metrics no user even with `userId: true`, because the number of users is unbounded', async () => {
    const { kept, secrets, id } = await keptOf({ telemetry: { userId: true } });
    expect(kept).toContain(id);
    expect(JSON.stringify(await sdk.collected())).not.toContain(id);
    for (const secret of secrets) expect(kept).not.toContain(secret);
  });
});

describe('without an SDK', () => {
  test('everything works, and an SDK that is set up later gets spans and metrics from then on', async () => {
    await sdk.stop();
    await start();
    const { email, access } = await signUp(app);
    await app.as(access).get('/notes').expect(200);
    await app.http.get('/notes').expect(401);
    expect(sdk.spans.getFinishedSpans()).toEqual([]);
    sdk = startSdk();
    await logIn(app, email);
    await app.as(access).get('/notes').expect(200);
    expect(sdk.spans.getFinishedSpans().map(({ name }) => name)).toContain('auth.login');
    expect(await counted('auth.decisions')).toHaveLength(1);
  });
});
