import { memoryStores, SessionService } from '@acme/nest-auth';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bearer, logIn, signUp, startApp, type TestApp } from './app.js';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

describe('sessions over HTTP', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const refresh = (token: string) => app.http.post('/auth/refresh').send({ refresh_token: token });
  const me = (token: string) => app.http.get('/auth/me').set(...bearer(token));

  test('50 parallel refreshes with one token answer 50 × 200 with one and the same successor', async () => {
    const user = await signUp(app);
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(user.refresh)));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    const successors = new Set(answers.map(({ body }) => body.refresh_token));
    expect(successors.size).toBe(1);
    await refresh([...successors][0]).expect(200);
  });

  test('a replay after the grace window ends that device, access token included, and leaves the other alive', async () => {
    const stolen = await signUp(app);
    const other = await logIn(app, stolen.email);
    const { body: honest } = await refresh(stolen.refresh).expect(200);
    await refresh(stolen.refresh).expect(200);
    app.clock.advance(61);
    const replay = await refresh(stolen.refresh).expect(401);
    expect(replay.body).toEqual({
      statusCode: 401,
      error: 'Unauthorized',
      code: 'refresh_token_reused',
      message: expect.any(String),
    });
    expect(replay.headers['www-authenticate']).toBe('Bearer realm="api", error="invalid_token"');
    expect((await refresh(honest.refresh_token).expect(401)).body.code).toBe('session_revoked');
    expect((await me(honest.access_token).expect(401)).body.code).toBe('token_revoked');
    await me(other.access).expect(200);
    await refresh(other.refresh).expect(200);
  });

  test('50 refreshes racing with logout-all: nothing survives', async () => {
    const user = await signUp(app);
    const racers = Array.from({ length: 50 }, () => refresh(user.refresh));
    const [answers] = await Promise.all([
      Promise.all(racers),
      app.http
        .post('/auth/logout-all')
        .set(...bearer(user.access))
        .expect(204),
    ]);
    for (const { body, status } of answers) {
      if (status !== 200) continue;
      await refresh(body.refresh_token).expect(401);
      await me(body.access_token).expect(401);
    }
    await refresh(user.refresh).expect(401);
  });

  test('a login of the very second of a logout-all works, and the tokens of that second are dead', async () => {
    const before = await signUp(app);
    await app.http
      .post('/auth/logout-all')
      .set(...bearer(before.access))
      .expect(204);
    const after = await logIn(app, before.email);
    await me(before.access).expect(401);
    await me(after.access).expect(200);
  });

  test('each login is a session of its own, whatever the client sends along', async () => {
    const user = await signUp(app);
    const { body: first } = await app.http.get('/auth/sessions').set(...bearer(user.access));
    const fixed = await app.http
      .post('/auth/login')
      .set(...bearer(user.access))
      .send({ email: user.email, password: 'a fine long passphrase', sid: first[0].id, session_id: first[0].id })
      .expect(200);
    const { body: both } = await app.http.get('/auth/sessions').set(...bearer(fixed.body.access_token));
    expect(both).toHaveLength(2);
    expect(both.filter((session: { current: boolean }) => session.current)).toHaveLength(1);
    expect(both.find((session: { current: boolean }) => session.current).id).not.toBe(first[0].id);
  });

  test('a user lists their devices and ends one: its tokens are dead, the others live', async () => {
    const phone = await signUp(app);
    const laptop = await app.http
      .post('/auth/login')
      .set('User-Agent', 'laptop/1.0')
      .send({ email: phone.email, password: 'a fine long passphrase' })
      .expect(200);
    const { body: list, headers } = await app.http
      .get('/auth/sessions')
      .set(...bearer(phone.access))
      .expect(200);
    expect(headers['cache-control']).toBe('no-store');
    const other = list.find((session: { current: boolean }) => !session.current);
    expect(other).toEqual({
      id: expect.stringMatching(UUID),
      createdAt: new Date(app.clock.now).toISOString(),
      lastUsedAt: new Date(app.clock.now).toISOString(),
      userAgent: 'laptop/1.0',
      ip: '127.0.0.1',
      current: false,
    });
    await app.http
      .delete(`/auth/sessions/${other.id}`)
      .set(...bearer(phone.access))
      .expect(204);
    await me(laptop.body.access_token).expect(401);
    await refresh(laptop.body.refresh_token).expect(401);
    await me(phone.access).expect(200);
  });

  test("another user's session is 404 and lives on; so is one that does not exist", async () => {
    const [eve, victim] = [await signUp(app), await signUp(app)];
    const { body } = await app.http.get('/auth/sessions').set(...bearer(victim.access));
    for (const id of [body[0].id, '00000000-0000-4000-8000-000000000000', 'x', '__proto__']) {
      const answer = await app.http
        .delete(`/auth/sessions/${id}`)
        .set(...bearer(eve.access))
        .expect(404);
      expect(answer.body.code).toBe('not_found');
    }
    await refresh(victim.refresh).expect(200);
  });

  test('a deleted user is out at once, even where their sessions went with them', async () => {
    const app = await startApp();
    const user = await signUp(app);
    const { body } = await app.http.get('/auth/me').set(...bearer(user.access));
    app.clock.advance(1);
    app.userStore.delete(body.id);
    await app.sessionStore.deleteExpired(new Date(app.clock.now + 91 * 24 * 60 * 60 * 1000));
    await app.app.get(SessionService).revokeAll(body.id);
    const answer = await app.http
      .get('/auth/sessions')
      .set(...bearer(user.access))
      .expect(401);
    expect(answer.body.code).toBe('token_revoked');
    await app.close();
  });

  test('a login with a password that is changed while it runs leaves no session behind', async () => {
    const stores = memoryStores();
    const app = await startApp({ options: stores });
    const user = await signUp(app);
    const { id, passwordHash } = (await stores.userStore.findByLogin(user.email))!;
    const create = stores.sessionStore.create.bind(stores.sessionStore);
    stores.sessionStore.create = async (session) => {
      await stores.userStore.setPasswordHash(id, 'the hash of another password', passwordHash);
      await create(session);
    };
    const answer = await app.http
      .post('/auth/login')
      .send({ email: user.email, password: 'a fine long passphrase' })
      .expect(401);
    expect(answer.body.code).toBe('invalid_credentials');
    expect(await stores.sessionStore.listActive(id, { now: new Date(app.clock.now), limit: 10 })).toHaveLength(1);
    await app.close();
  });
});

describe('revocation', () => {
  test("'strict' asks the store: a session ended behind the library's back is over at once", async () => {
    const app = await startApp({ options: { revocation: 'strict' } });
    const user = await signUp(app);
    const { body } = await app.http.get('/auth/me').set(...bearer(user.access));
    await app.sessionStore.revokeAll(body.id, { limit: 10 });
    const answer = await app.http
      .get('/auth/me')
      .set(...bearer(user.access))
      .expect(401);
    expect(answer.body.code).toBe('token_revoked');
    await app.close();
  });

  test("'eventual' lets an access token run out by itself, and no longer", async () => {
    const app = await startApp({ options: { revocation: 'eventual' } });
    const user = await signUp(app);
    await app.http.post('/auth/logout').set(...bearer(user.access));
    await app.http
      .get('/auth/me')
      .set(...bearer(user.access))
      .expect(200);
    await app.http.post('/auth/refresh').send({ refresh_token: user.refresh }).expect(401);
    app.clock.advance(15 * 60 + 5);
    await app.http
      .get('/auth/me')
      .set(...bearer(user.access))
      .expect(401);
    await app.close();
  });
});
