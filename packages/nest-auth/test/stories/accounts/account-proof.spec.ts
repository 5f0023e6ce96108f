import {
  AuthService,
  type AuthUser,
  CredentialStore,
  defineFeature,
  type FeatureHooks,
  type RegistrationOutcome,
} from '@acme/nest-auth';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';

let isHeld = false;
const outcomes: Omit<RegistrationOutcome, 'device'>[] = [];
const changed: string[] = [];

const held = defineFeature({
  name: 'held',
  hooks: {
    inject: [],
    useFactory: (): FeatureHooks => ({
      feature: 'held',
      onRegistration: async ({ login, user }) => {
        outcomes.push({ login, user });
        return isHeld ? { pending: 'a_parcel' } : undefined;
      },
      onPasswordChange: async (user) => {
        changed.push(user.login);
      },
    }),
  },
});

let app: TestApp;
let auth: AuthService;
let credentials: CredentialStore;

beforeAll(async () => {
  app = await startApp({ features: [held()] });
  auth = app.app.get(AuthService);
  credentials = app.app.get(CredentialStore);
});
afterAll(() => app.close());
beforeEach(() => {
  isHeld = false;
  outcomes.length = 0;
  changed.length = 0;
});

describe('a registration that a feature makes wait', () => {
  const register = (email: string) => app.http.post('/auth/register').send({ email, password: PASSWORD });

  test('answers 202 with the same bytes whether the login was free or taken, and no session begins', async () => {
    isHeld = true;
    const [free, taken] = [await register('wait@example.org'), await register('wait@example.org')];
    expect([free.status, taken.status]).toEqual([202, 202]);
    expect(free.text).toBe('{"pending":"a_parcel"}');
    expect(taken.text).toBe(free.text);
    const [first, second] = outcomes;
    expect(first?.user?.login).toBe('wait@example.org');
    expect(second).toEqual({ login: 'wait@example.org', user: null });
    expect(await app.sessionStore.listActive(first?.user?.id ?? '', { now: new Date(), limit: 9 })).toEqual([]);
  });

  test('goes on as ever if the feature has nothing against it', async () => {
    await register('go@example.org').expect(201);
    await register('go@example.org').expect(409);
    expect(outcomes.map(({ user }) => user !== null)).toEqual([true, false]);
  });
});

describe('whoever proves the address of an account', () => {
  const userOf = async (login: string) => (await app.userStore.findByLogin(login)) as AuthUser;
  const addCredential = (userId: string, id: string) =>
    credentials.create({
      ...{ id, userId, kind: 'identity', key: id, data: {} },
      ...{ createdAt: new Date(), lastUsedAt: null, expiresAt: null },
    });

  test('gets one that nobody had verified without what a stranger may have put there', async () => {
    const { email, access, refresh } = await signUp(app);
    const user = await userOf(email);
    await addCredential(user.id, '6f1c1b1e-7e0f-4b4f-9d55-3f1a3f0e0001');
    const fresh = await auth.reclaim(user, { address: email });
    expect(fresh).toMatchObject({ id: user.id, passwordHash: null, emailVerifiedAt: expect.any(Date) });
    await app.as(access).get('/auth/me').expect(401);
    await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(401);
    await app.http.post('/auth/login').send({ email, password: PASSWORD }).expect(401);
    expect(await credentials.list(user.id)).toEqual([]);
    expect(changed).toEqual([email]);
  });

  test('keeps the password that they have just chosen', async () => {
    const { email, access } = await signUp(app);
    await auth.reclaim(await userOf(email), { address: email, keepsPassword: true });
    await app.as(access).get('/auth/me').expect(401);
    await app.http.post('/auth/login').send({ email, password: PASSWORD }).expect(200);
  });

  test('changes nothing if it was verified before', async () => {
    const { email, access } = await signUp(app);
    const user = await userOf(email);
    await app.userStore.setEmailVerified(user.id, email, new Date());
    await addCredential(user.id, '6f1c1b1e-7e0f-4b4f-9d55-3f1a3f0e0002');
    await auth.reclaim(await userOf(email), { address: email });
    await app.as(access).get('/auth/me').expect(200);
    expect(await credentials.list(user.id)).toHaveLength(1);
  });

  test.each([
    ['its password', (user: AuthUser) => app.userStore.setPasswordHash(user.id, 'another', user.passwordHash)],
    ['its address', (user: AuthUser) => app.userStore.setLogin(user.id, `new-${user.login}`, user.login)],
  ])('is refused while somebody changes %s, and the address stays unverified', async (_, change) => {
    const { email } = await signUp(app);
    const user = await userOf(email);
    await change(user);
    await expect(auth.reclaim(user, { address: email })).rejects.toMatchObject({ code: 'account_changed_meanwhile' });
    expect((await app.userStore.findById(user.id))?.emailVerifiedAt).toBeNull();
  });
});
