import { BcryptHasher } from '@acme/nest-auth';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';

type Http = Pick<TestApp, 'http'>;
const post = ({ http }: Http, route: string, email: string, password: string) =>
  http.post(`/auth/${route}`).send({ email, password });

const BCRYPT = { options: { password: { hasher: new BcryptHasher({ cost: 10 }) } } };

describe('which password logs in', () => {
  let app: TestApp;
  const hasher = new FakeHasher();
  beforeAll(async () => {
    app = await startApp({ options: { password: { hasher } } });
  });
  afterAll(() => app.close());

  test('composed and decomposed accents are one password', async () => {
    await post(app, 'register', 'cafe@example.org', 'caf\u00e9 au lait, s\u2019il vous pla\u00eet').expect(201);
    await post(app, 'login', 'cafe@example.org', 'cafe\u0301 au lait, s\u2019il vous plai\u0302t').expect(200);
    await post(app, 'login', 'cafe@example.org', 'cafe au lait, s\u2019il vous plait').expect(401);
  });

  test('spaces at the ends and the case of letters count', async () => {
    await post(app, 'register', 'spaces@example.org', ' Pass with spaces ').expect(201);
    for (const other of ['Pass with spaces', ' Pass with spaces', ' pass with spaces ', ' Pass  with spaces ']) {
      await post(app, 'login', 'spaces@example.org', other).expect(401);
    }
    await post(app, 'login', 'spaces@example.org', ' Pass with spaces ').expect(200);
  });

  test.each(['login', 'register'])(
    '%s: NUL and lone surrogates, as escapes in JSON, are 400 without a hash',
    async (route) => {
      for (const escaped of ['\\u0000', '\\ud800', '\\udfff']) {
        const before = hasher.calls;
        const { body } = await app.http
          .post(`/auth/${route}`)
          .set('Content-Type', 'application/json')
          .send(`{"email":"ann@example.org","password":"a long password ${escaped} x"}`)
          .expect(400);
        expect([body.code, hasher.calls - before]).toEqual(['password_malformed', 0]);
      }
    },
  );

  test.each(['login', 'register'])('%s: a password of 257 characters, 50 kB or 1 MB costs no hash', async (route) => {
    const before = hasher.calls;
    for (const [length, status] of [
      [257, 400],
      [50_000, 400],
      [1_100_000, 413],
    ] as const) {
      await post(app, route, 'ann@example.org', 'x'.repeat(length)).expect(status);
    }
    expect(hasher.calls).toBe(before);
  });
});

describe('a long password with bcrypt', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp(BCRYPT);
  });
  afterAll(() => app.close());

  test.each([
    ['73 bytes', 'x'.repeat(72)],
    ['256 bytes in 64 characters', '🙂'.repeat(63)],
    ['256 characters', 'x'.repeat(255)],
  ])('of %s logs in, and its last character counts', async (label, start) => {
    const email = `${label.replaceAll(' ', '-')}@example.org`;
    const last = start.startsWith('x') ? ['a', 'b'] : ['🙃', '🙂'];
    await post(app, 'register', email, start + last[0]).expect(201);
    await post(app, 'login', email, start + last[0]).expect(200);
    await post(app, 'login', email, start + last[1]).expect(401);
    await post(app, 'login', email, start).expect(401);
  });
});

describe('hashes of older days', () => {
  let apps: TestApp[] = [];
  const start = async (...given: Parameters<typeof startApp>) => {
    const app = await startApp(...given);
    apps.push(app);
    return app;
  };
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    apps = [];
  });

  test('rows that another system filled with $2a$, $2b$ or $2y$ log in, and are brought up to date', async () => {
    const app = await start(BCRYPT);
    const hash = await bcrypt.hash(PASSWORD, 10);
    for (const prefix of ['$2a$', '$2b$', '$2y$']) {
      const email = `${prefix.slice(1, 3)}@example.org`;
      const { id } = await app.userStore.create({
        login: email,
        passwordHash: hash.replace('$2b$', prefix),
        roles: [],
        profile: {},
      });
      await post(app, 'login', email, 'not the right passphrase').expect(401);
      await post(app, 'login', email, PASSWORD).expect(200);
      expect((await app.userStore.findById(id))?.passwordHash).toMatch(/^\$2b\$10\$/);
    }
  });

  test('a cost raised from 10 to 12 takes effect at the next login, and ends nobody’s session', async () => {
    const before = await start(BCRYPT);
    const user = await signUp(before);
    const { userStore, sessionStore, clock } = before;
    const after = await start({
      options: { userStore, sessionStore, clock: clock.read, password: { hasher: new BcryptHasher({ cost: 12 }) } },
    });
    await post(after, 'login', user.email, 'not the right passphrase').expect(401);
    expect((await userStore.findByLogin(user.email))?.passwordHash).toMatch(/^\$2b\$10\$/);
    await post(after, 'login', user.email, PASSWORD).expect(200);
    expect((await userStore.findByLogin(user.email))?.passwordHash).toMatch(/^\$2b\$12\$/);
    await after.as(user.access).get('/auth/me').expect(200);
    await after.http.post('/auth/refresh').send({ refresh_token: user.refresh }).expect(200);
    await post(after, 'login', user.email, PASSWORD).expect(200);
  });
});
