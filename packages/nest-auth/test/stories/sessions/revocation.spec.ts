import { AuthModule, type AuthOptions, AuthService, memoryStores, SessionService, TokenService } from '@acme/nest-auth';
import { TestClock } from '@acme/nest-auth/testing';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Inject, Injectable, Logger, Module, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { bearer, PASSWORD, SECRETS, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';

const DAY = 24 * 60 * 60;
const MINUTE = 60;

const started: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.close()));
});

async function start(options: Partial<AuthOptions> = {}): Promise<TestApp> {
  const app = await startApp({ options: { password: { hasher: new FakeHasher() }, housekeeping: false, ...options } });
  started.push(app);
  return app;
}

const refresh = async ({ http }: TestApp, refresh_token: string) =>
  (await http.post('/auth/refresh').send({ refresh_token }).expect(200)).body;
const me = ({ http }: TestApp, token: string) => http.get('/auth/me').set(...bearer(token));

describe('near the absolute end of a session', () => {
  /** A device that refreshed a minute before the end. */
  async function inTheLastMinute() {
    const app = await start({ ttl: { refresh: '30d', session: '30d' } });
    const { refresh: first } = await signUp(app);
    app.clock.advance(29 * DAY);
    const { refresh_token } = await refresh(app, first);
    app.clock.advance(DAY - MINUTE);
    return { app, tokens: await refresh(app, refresh_token) };
  }

  test('an access token ends with the absolute end of its session, and expires_in says so', async () => {
    const { app, tokens } = await inTheLastMinute();
    expect(tokens.expires_in).toBe(MINUTE);
    const { iat, exp } = JSON.parse(Buffer.from(tokens.access_token.split('.')[1], 'base64url').toString());
    expect(exp - iat).toBe(MINUTE);
    await me(app, tokens.access_token).expect(200);
    app.clock.advance(MINUTE + 5);
    expect((await me(app, tokens.access_token).expect(401)).body.code).toBe('token_expired');
  });

  test('a process that starts after the housekeeping still refuses what was logged out', async () => {
    const { app, tokens } = await inTheLastMinute();
    await app.as(tokens.access_token).post('/auth/logout').expect(204);
    // The token has expired, but clocks may differ, so it would still be valid without the logout.
    app.clock.advance(MINUTE + 3);
    expect(await app.app.get(SessionService).deleteExpired()).toBe(0);
    const { userStore, sessionStore } = app;
    const later = await start({ userStore, sessionStore, clock: app.clock.read });
    expect((await me(later, tokens.access_token).expect(401)).body.code).toBe('token_revoked');
  });
});

test('a process that starts later refuses a user who was deleted together with their sessions', async () => {
  const app = await start();
  const user = await signUp(app);
  const { body } = await me(app, user.access).expect(200);
  app.userStore.delete(body.id);
  await app.sessionStore.deleteExpired(new Date(app.clock.now + 91 * DAY * 1000));
  // In the same second as the login, which a time alone could not distinguish.
  await app.app.get(SessionService).revokeAll(body.id);
  const { userStore, sessionStore } = app;
  const later = await start({ userStore, sessionStore, clock: app.clock.read });
  const answer = await later.as(user.access).get('/auth/sessions').expect(401);
  expect(answer.body.code).toBe('token_revoked');
});

test('a user without sessions can log in at once after revokeAll', async () => {
  const app = await start();
  const { email, access } = await signUp(app);
  const { body } = await me(app, access);
  for (let turn = 0; turn < 2; turn++) await app.app.get(SessionService).revokeAll(body.id);
  const again = await app.http.post('/auth/login').send({ email, password: PASSWORD }).expect(200);
  await me(app, again.body.access_token).expect(200);
  await me(app, access).expect(401);
});

test('a store whose tables are missing is one warning at boot, which says why; the app starts and answers 503', async () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const { userStore, sessionStore } = memoryStores();
  sessionStore.revokedSince = async () => {
    throw Object.assign(new Error('relation "auth_sessions" does not exist'), { code: '42P01' });
  };
  try {
    const app = await start({ userStore, sessionStore, clock: Date.now });
    const { access } = await signUp(app);
    expect((await me(app, access).expect(503)).body.code).toBe('store_unavailable');
    const said = warn.mock.calls.map(([message]) => String(message)).filter((one) => one.includes('Revocations'));
    expect(said).toEqual([expect.stringMatching(/SessionStore\.revokedSince failed with Error 42P01.*migration/)]);
    expect(said[0]).not.toContain('relation');
  } finally {
    warn.mockRestore();
  }
});

describe('two modules in one app', () => {
  @Injectable()
  class Services {
    constructor(
      @Inject(AuthService) readonly auth: AuthService,
      @Inject(SessionService) readonly sessions: SessionService,
      @Inject(TokenService) readonly tokens: TokenService,
    ) {}
  }

  /** The services that a module of the app injects. */
  function moduleOf(options: Omit<AuthOptions, 'secrets'>): {
    readonly module: Type;
    of(app: TestingModule): Services;
  } {
    class Own extends Services {}
    const auth = AuthModule.forRoot({
      ...options,
      secrets: SECRETS,
      password: { hasher: new FakeHasher() },
      isGlobal: false,
      globalGuard: false,
      routes: false,
    });
    @Module({ imports: [auth], providers: [Own] })
    class OwnModule {}
    return { module: OwnModule, of: (app) => app.get(Own) };
  }

  async function startBoth(customersHave: Omit<AuthOptions, 'secrets'>, adminsHave: Omit<AuthOptions, 'secrets'>) {
    const [one, other] = [moduleOf(customersHave), moduleOf(adminsHave)];
    const app = await Test.createTestingModule({ imports: [one.module, other.module] }).compile();
    await app.init();
    started.push(app);
    return { customers: one.of(app), admins: other.of(app) };
  }

  const credentials = { login: 'ann@example.org', password: PASSWORD };
  const accessTokenOf = (answer: object) => ('access_token' in answer ? String(answer.access_token) : '');
  const codeOf = ({ tokens }: Services, token: string) =>
    tokens.verify(token).then(
      () => 'accepted',
      ({ code }) => code,
    );

  test.each([
    ['that can tell of revocations', {}],
    ['that cannot', { revokedSince: undefined }],
  ])('two modules that share a session store %s end the same tokens at once', async (_, capabilities) => {
    const clock = new TestClock();
    const stores = memoryStores({ clock: clock.read });
    Object.assign(stores.sessionStore, capabilities);
    const { customers, admins } = await startBoth(
      { ...stores, clock: clock.read },
      { ...stores, clock: clock.read, ttl: { access: '5m' } },
    );
    const token = accessTokenOf(await customers.auth.register(credentials));
    const { id } = await customers.tokens.verify(token);
    expect(await codeOf(admins, token)).toBe('accepted');
    await admins.sessions.revokeAll(id);
    expect([await codeOf(customers, token), await codeOf(admins, token)]).toEqual(['token_revoked', 'token_revoked']);
    const again = accessTokenOf(await admins.auth.login(credentials));
    expect([await codeOf(customers, again), await codeOf(admins, again)]).toEqual(['accepted', 'accepted']);
    // The rows are deleted, too.
    await stores.sessionStore.deleteExpired(new Date(clock.now + 91 * DAY * 1000));
    await customers.sessions.revokeAll(id);
    expect([await codeOf(customers, again), await codeOf(admins, again)]).toEqual(['token_revoked', 'token_revoked']);
  });

  test('two modules with different session stores do not affect each other, even if users have the same ids', async () => {
    const { userStore, sessionStore } = memoryStores();
    const { customers, admins } = await startBoth(
      { userStore, sessionStore },
      { userStore, sessionStore: memoryStores().sessionStore },
    );
    const ofCustomer = accessTokenOf(await customers.auth.register(credentials));
    const ofAdmin = accessTokenOf(await admins.auth.login(credentials));
    const { id } = await customers.tokens.verify(ofCustomer);
    await admins.sessions.revokeAll(id);
    await admins.sessions.revokeAll(id);
    expect([await codeOf(customers, ofCustomer), await codeOf(admins, ofAdmin)]).toEqual(['accepted', 'token_revoked']);
  });
});
