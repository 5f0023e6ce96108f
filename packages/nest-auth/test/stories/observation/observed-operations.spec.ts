import { AsyncLocalStorage } from 'node:async_hooks';
import { type AuthOptions, AuthService, type Observer } from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import { logIn, PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { nameOf, observer, type Watched } from '../../support/watch.js';

const started: TestApp[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((app) => app.close()));
});

const isCount = (told: unknown) => typeof told === 'string' && told.startsWith('AttemptLimit');

/** The operations that ran, nested. */
async function operationsOf(
  tell: (app: TestApp) => PromiseLike<unknown>,
  { counts = false, ...options }: Partial<AuthOptions> & { readonly counts?: boolean } = {},
) {
  const roots: Watched[] = [];
  const current = new AsyncLocalStorage<Watched>();
  const observe: Observer = {
    started(operation) {
      const watched: Watched = { operation, inner: [] };
      (current.getStore()?.inner ?? roots).push(watched);
      return { within: (run) => current.run(watched, run), ended: (outcome) => Object.assign(watched, { outcome }) };
    },
  };
  const app = await startApp({
    features: [observer('tree', observe)],
    // Otherwise the poll for revocations would be among the operations.
    options: { password: { hasher: new FakeHasher() }, revocation: 'eventual', ...options },
  });
  started.push(app);
  await signUp(app, 'ann@example.org');
  roots.length = 0;
  await tell(app);
  const told = ({ operation, inner, outcome }: Watched): unknown => {
    const code = outcome?.refusal?.code;
    const name = `${nameOf(operation)}${code ? `: ${code}` : ''}`;
    const further = inner.map(told).filter((one) => !isCount(one) || counts);
    return further.length > 0 ? [name, further] : name;
  };
  return roots.map(told);
}

const credentials = { email: 'ann@example.org', password: PASSWORD };

describe('each operation runs within the one that it belongs to:', () => {
  test('a login', async () => {
    expect(await operationsOf(({ http }) => http.post('/auth/login').send(credentials).expect(200))).toEqual([
      [
        'login',
        [
          ['authenticate', ['UserStore.findByLogin', 'verify_password']],
          ['admit', ['SessionStore.create', 'SessionStore.listActive', 'UserStore.findById']],
        ],
      ],
    ]);
  });

  const failed = (email: string) => (app: TestApp) =>
    app.http.post('/auth/login').send({ email, password: 'another fine passphrase' }).expect(401);

  test('a wrong password', async () => {
    expect(await operationsOf(failed('ann@example.org'))).toEqual([
      [
        'login: invalid_credentials',
        [['authenticate: invalid_credentials', ['UserStore.findByLogin', 'verify_password']]],
      ],
    ]);
  });

  test('an unknown login, which looks the same as a wrong password, counters included', async () => {
    const wrong = await operationsOf(failed('ann@example.org'), { counts: true });
    expect(JSON.stringify(wrong)).toContain('AttemptLimit.account.consume');
    expect(await operationsOf(failed('bob@example.org'), { counts: true })).toEqual(wrong);
  });

  test('a registration, and one of a login that is taken', async () => {
    const send = (email: string, status: number) => (app: TestApp) =>
      app.http.post('/auth/register').send({ email, password: PASSWORD }).expect(status);
    expect(await operationsOf(send('new@example.org', 201))).toEqual([
      [
        'register',
        [
          'hash_password',
          'UserStore.create',
          ['admit', ['SessionStore.create', 'SessionStore.listActive', 'UserStore.findById']],
        ],
      ],
    ]);
    expect(await operationsOf(send('ann@example.org', 409))).toEqual([
      ['register: login_taken', ['hash_password', 'UserStore.create: login_taken']],
    ]);
  });

  test('a refresh, one with a foreign token, and a logout', async () => {
    const story = async (app: TestApp) => {
      const { refresh, access } = await logIn(app, 'ann@example.org');
      await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(200);
      await app.http.post('/auth/refresh').send({ refresh_token: 'nar_x' }).expect(401);
      await app.as(access).post('/auth/logout').expect(204);
    };
    expect((await operationsOf(story)).slice(1)).toEqual([
      ['refresh', ['SessionStore.advance', 'UserStore.findById']],
      'refresh: invalid_refresh_token',
      ['logout', ['SessionStore.revoke']],
    ]);
  });

  test('a hash that waits for others', async () => {
    const hasher = new FakeHasher();
    const story = async ({ app }: TestApp) => {
      const auth = app.get(AuthService);
      const [first, second] = ['new', 'newer'].map((name) => ({ login: `${name}@example.org`, password: PASSWORD }));
      await Promise.all([first, second].map((each) => auth.register(each as never)));
    };
    const told = JSON.stringify(await operationsOf(story, { password: { hasher, concurrency: 1 } }));
    expect(told.match(/wait_for_hash/g)).toHaveLength(1);
    expect(told).toContain('["wait_for_hash","hash_password"');
  });
});
