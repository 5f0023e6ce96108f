import {
  type AuthFeature,
  AuthService,
  type AuthUser,
  type Challenge,
  Challenges,
  CurrentUser,
  type FeatureHooks,
  type HeldLogin,
  type Principal,
} from '@acme/nest-auth';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, Inject, Injectable } from '@nestjs/common';
import { bearer, logIn, signUp, startApp, type TestApp } from '../../support/app.js';
import { type Json, open } from '../../support/keys/forge.js';

const seen: unknown[] = [];

@Injectable()
class WatchingHooks implements FeatureHooks {
  readonly feature = 'watching';

  constructor(@Inject(Challenges) private readonly challenges: Challenges) {}

  /** Stops the login of a careful user with a challenge. */
  async beforeSession(user: AuthUser, login: HeldLogin): Promise<Challenge | undefined> {
    const { passed, methods, remember } = login;
    seen.push({ passed, methods, remember });
    return user.login.startsWith('careful') ? this.challenges.issue('watching', user, login) : undefined;
  }
}

const watching: AuthFeature = { name: 'watching', providers: [WatchingHooks], hooks: WatchingHooks };

@Controller('caller')
class CallerController {
  @Get()
  show(@CurrentUser() { methods, authenticatedAt, actorId }: Principal) {
    return { methods, authenticatedAt, actorId };
  }
}

describe('how and when a user logged in', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ features: [watching], controllers: [CallerController] });
  });
  afterAll(() => app.close());
  beforeEach(() => {
    seen.length = 0;
  });

  const loginOf = (token: string): Json => {
    const { amr, auth_time, act } = open(token).payload;
    return { amr, auth_time, act };
  };
  const refresh = async (token: string) =>
    (await app.http.post('/auth/refresh').send({ refresh_token: token }).expect(200)).body;
  const get = async (path: string, token: string) =>
    (
      await app.http
        .get(path)
        .set(...bearer(token))
        .expect(200)
    ).body;

  test('is in the token and in the list of sessions, and no refresh moves it', async () => {
    const { email } = await signUp(app);
    app.clock.advance(100);
    const at = app.clock.now;
    const login = await logIn(app, email);
    let tokens = { access_token: login.access, refresh_token: login.refresh };
    for (let turn = 0; turn < 5; turn++) {
      expect(loginOf(tokens.access_token)).toEqual({ amr: ['pwd'], auth_time: Math.floor(at / 1000), act: undefined });
      const list: (Json & { current: boolean })[] = await get('/auth/sessions', tokens.access_token);
      const current = list.find((session) => session.current);
      expect(current).toMatchObject({ methods: ['pwd'], authenticatedAt: new Date(at).toISOString() });
      expect(current).not.toHaveProperty('actorId');
      expect(await get('/caller', tokens.access_token)).toEqual({
        methods: ['pwd'],
        authenticatedAt: Math.floor(at / 1000),
      });
      app.clock.advance(1000);
      tokens = await refresh(tokens.refresh_token);
    }
  });

  test('is known to the hooks of a login before the session starts', async () => {
    const { email } = await signUp(app);
    const user = await app.userStore.findByLogin(email);
    const login = { passed: ['other'], methods: ['hwk', 'user'], remember: false };
    await app.app.get(AuthService).admit(user!, undefined, login);
    expect(seen).toEqual([{ passed: [], methods: ['pwd'], remember: true }, login]);
  });

  test('says who acts in the place of the user, after each refresh too', async () => {
    const { email } = await signUp(app);
    const user = await app.userStore.findByLogin(email);
    const answer = await app.app.get(AuthService).admit(user!, undefined, { methods: ['sso'], actorId: 'support-7' });
    if (!('access_token' in answer)) throw new Error('A challenge was asked for.');
    const refreshed = await refresh(answer.refresh_token);
    for (const { access_token } of [answer, refreshed]) {
      expect(loginOf(access_token)).toMatchObject({ amr: ['sso'], act: { sub: 'support-7' } });
      expect(await get('/caller', access_token)).toMatchObject({ actorId: 'support-7' });
    }
    const list: (Json & { current: boolean })[] = await get('/auth/sessions', refreshed.access_token);
    expect(list.find((session) => session.current)).toMatchObject({ methods: ['sso'], actorId: 'support-7' });
  });

  test('is kept by a challenge that holds the login up, the actor among it', async () => {
    const auth = app.app.get(AuthService);
    const user = await app.userStore.create({
      login: 'careful@example.org',
      passwordHash: null,
      roles: [],
      profile: {},
    });
    const given = { methods: ['hwk'], remember: false, actorId: 'support-7' };
    const asked = await auth.admit(user, undefined, given);
    if (!('challenge_token' in asked)) throw new Error('No challenge was asked for.');
    const { login } = await app.app.get(Challenges).answer('watching', asked.challenge_token, async () => true);
    expect(login).toEqual({ ...given, passed: ['watching'] });
    const answer = await auth.admit(user, undefined, { ...login, methods: [...login.methods, 'otp', 'mfa'] });
    if (!('access_token' in answer)) throw new Error('A second challenge was asked for.');
    expect(loginOf(answer.access_token)).toMatchObject({ amr: ['hwk', 'otp', 'mfa'], act: { sub: 'support-7' } });
  });

  test.each<[string, object]>([
    ['methods', { methods: 'mfa' }],
    ['remember', { remember: 'yes' }],
    ['actorId', { actorId: 7 }],
  ])('is refused with an invalid %s, before any hook runs', async (field, login) => {
    const { email } = await signUp(app);
    const user = await app.userStore.findByLogin(email);
    seen.length = 0;
    const refused = app.app.get(AuthService).admit(user!, undefined, login);
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request', field });
    expect(seen).toEqual([]);
  });
});
