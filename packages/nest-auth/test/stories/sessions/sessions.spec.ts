import { type AuthEvent, AuthEvents, memoryStores, SessionService } from '@acme/nest-auth';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { logIn, PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

describe('sessions over HTTP', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const refresh = (token: string) => app.http.post('/auth/refresh').send({ refresh_token: token });
  const me = (token: string) => app.as(token).get('/auth/me');

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
      app.as(user.access).post('/auth/logout-all').expect(204),
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
    await app.as(before.access).post('/auth/logout-all').expect(204);
    const after = await logIn(app, before.email);
    await me(before.access).expect(401);
    await me(after.access).expect(200);
  });

  test('each login is a session of its own, whatever the client sends along', async () => {
    const user = await signUp(app);
    const { body: first } = await app.as(user.access).get('/auth/sessions');
    const fixed = await app
      .as(user.access)
      .post('/auth/login')
      .send({ email: user.email, password: 'a fine long passphrase', sid: first[0].id, session_id: first[0].id })
      .expect(200);
    const { body: both } = await app.as(fixed.body.access_token).get('/auth/sessions');
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
    const { body: list, headers } = await app.as(phone.access).get('/auth/sessions').expect(200);
    expect(headers['cache-control']).toBe('no-store');
    const other = list.find((session: { current: boolean }) => !session.current);
    expect(other).toEqual({
      id: expect.stringMatching(UUID),
      createdAt: new Date(app.clock.now).toISOString(),
      lastUsedAt: new Date(app.clock.now - (app.clock.now % 3_600_000)).toISOString(),
      userAgent: 'laptop/1.0',
      ip: '127.0.0.1',
      methods: ['pwd'],
      authenticatedAt: new Date(app.clock.now).toISOString(),
      current: false,
    });
    await app.as(phone.access).delete(`/auth/sessions/${other.id}`).expect(204);
    await me(laptop.body.access_token).expect(401);
    await refresh(laptop.body.refresh_token).expect(401);
    await me(phone.access).expect(200);
  });

  test("another user's session is 404 and lives on; so is one that does not exist", async () => {
    const [eve, victim] = [await signUp(app), await signUp(app)];
    const { body } = await app.as(victim.access).get('/auth/sessions');
    for (const id of [body[0].id, '00000000-0000-4000-8000-000000000000', 'x', '__proto__']) {
      const answer = await app.as(eve.access).delete(`/auth/sessions/${id}`).expect(404);
      expect(answer.body.code).toBe('not_found');
    }
    await refresh(victim.refresh).expect(200);
  });

  test('a deleted user is out at once, even where their sessions went with them', async () => {
    const app = await startApp();
    const user = await signUp(app);
    const { body } = await app.as(user.access).get('/auth/me');
    app.clock.advance(1);
    app.userStore.delete(body.id);
    await app.sessionStore.deleteExpired(new Date(app.clock.now + 91 * 24 * 60 * 60 * 1000));
    await app.app.get(SessionService).revokeAll(body.id);
    const answer = await app.as(user.access).get('/auth/sessions').expect(401);
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

describe('many sessions of one user', () => {
  const attempt = (app: TestApp, email: string, password = PASSWORD) =>
    app.http.post('/auth/login').send({ email, password });
  const list = async (app: TestApp, token: string) => {
    const { body } = await app.as(token).get('/auth/sessions').expect(200);
    return body as { readonly id: string; readonly current: boolean }[];
  };

  test('50 logins at once leave as many as may live, and the tokens of the others are dead', async () => {
    const app = await startApp({
      options: { sessions: { max: 5 }, password: { hasher: new FakeHasher(2), queue: 50 } },
    });
    const { email } = await signUp(app);
    const answers = await Promise.all(Array.from({ length: 50 }, () => attempt(app, email)));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    const after = await logIn(app, email);
    expect(await list(app, after.access)).toHaveLength(5);
    const refreshed = answers.map(({ body }) =>
      app.http.post('/auth/refresh').send({ refresh_token: body.refresh_token }),
    );
    const live = (await Promise.all(refreshed)).filter(({ status }) => status === 200);
    expect(live.length).toBeLessThanOrEqual(4);
    const me = answers.map(({ body }) => app.as(body.access_token).get('/auth/me'));
    expect((await Promise.all(me)).filter(({ status }) => status === 200)).toHaveLength(live.length);
    await app.close();
  });

  test("with 'refuse', only a caller with the right password learns that the user has too many sessions", async () => {
    const app = await startApp({
      options: { sessions: { max: 1, whenFull: 'refuse' }, password: { hasher: new FakeHasher(2) } },
    });
    const user = await signUp(app);
    const refused = await attempt(app, user.email).expect(409);
    expect(refused.body).toEqual({
      statusCode: 409,
      error: 'Conflict',
      code: 'too_many_sessions',
      message: expect.any(String),
    });
    const wrong = await attempt(app, user.email, 'not the passphrase').expect(401);
    const nobody = await attempt(app, 'nobody@example.org', 'not the passphrase').expect(401);
    expect(wrong.body).toEqual(nobody.body);
    await app.as(user.access).post('/auth/logout').expect(204);
    await attempt(app, user.email).expect(200);
    await app.close();
  });

  test('a user with thousands of sessions from before the limit is shown the newest, and one logout-all ends them all', async () => {
    const app = await startApp({ options: { sessions: { max: 20 } } });
    const user = await signUp(app);
    const [first] = await list(app, user.access);
    const row = (await app.sessionStore.find(first!.id))!;
    const old = Array.from({ length: 2500 }, (_, n) => ({
      ...row,
      id: `${row.id.slice(0, 24)}${String(n).padStart(12, '0')}`,
      createdAt: new Date(row.createdAt.getTime() - n - 1),
    }));
    for (const session of old) await app.sessionStore.create(session);
    const shown = await list(app, user.access);
    expect(shown.map(({ id }) => id)).toEqual([row.id, ...old.slice(0, 19).map(({ id }) => id)]);
    await app.as(user.access).post('/auth/logout-all').expect(204);
    const page = { now: new Date(app.clock.now), limit: 1 };
    expect(await app.sessionStore.listActive(row.userId, page)).toEqual([]);
    await app.close();
  });
});

test('a repeated refresh is an event with the device that sent it', async () => {
  const app = await startApp();
  const user = await signUp(app);
  const events: AuthEvent[] = [];
  app.app.get(AuthEvents).subscribe((event) => events.push(event));
  for (const agent of ['browser/1.0', 'thief/1.0']) {
    await app.http.post('/auth/refresh').set('User-Agent', agent).send({ refresh_token: user.refresh }).expect(200);
  }
  expect(events).toMatchObject([
    { type: 'refreshed', device: { ip: '127.0.0.1', userAgent: 'browser/1.0' } },
    { type: 'refresh_repeated', device: { ip: '127.0.0.1', userAgent: 'thief/1.0' } },
  ]);
  await app.close();
});

test('no answer to the holder of a session tells whether the owner refreshed it within the grace window', async () => {
  const seen = async (rotations: number) => {
    const app = await startApp();
    const user = await signUp(app, 'ann@example.org');
    // Up to just before a full hour, so that the rotations are on both sides of it.
    app.clock.advance(3600 - ((app.clock.now / 1000) % 3600) - 30);
    let token = user.refresh;
    for (let n = 0; n < rotations; n++) {
      if (n > 0) app.clock.advance(40);
      const { body } = await app.http.post('/auth/refresh').send({ refresh_token: token }).expect(200);
      token = body.refresh_token;
    }
    if (rotations === 1) app.clock.advance(40);
    const answers = [];
    for (const path of ['sessions', 'me']) {
      const { status, body, headers } = await app.as(user.access).get(`/auth/${path}`);
      const { date, etag, 'content-length': length, ...rest } = headers;
      const text = JSON.stringify(body).replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, 'id');
      answers.push({ status, text, length, rest });
    }
    await app.close();
    return answers;
  };
  expect(await seen(2)).toEqual(await seen(1));
});

describe('revocation', () => {
  test("'strict' asks the store: a session ended behind the library's back is over at once", async () => {
    const app = await startApp({ options: { revocation: 'strict' } });
    const user = await signUp(app);
    const { body } = await app.as(user.access).get('/auth/me');
    await app.sessionStore.revokeAll(body.id, { limit: 10 });
    const answer = await app.as(user.access).get('/auth/me').expect(401);
    expect(answer.body.code).toBe('token_revoked');
    await app.close();
  });

  test("'eventual' lets an access token run out by itself, and no longer", async () => {
    const app = await startApp({ options: { revocation: 'eventual' } });
    const user = await signUp(app);
    await app.as(user.access).post('/auth/logout');
    await app.as(user.access).get('/auth/me').expect(200);
    await app.http.post('/auth/refresh').send({ refresh_token: user.refresh }).expect(401);
    app.clock.advance(15 * 60 + 5);
    await app.as(user.access).get('/auth/me').expect(401);
    await app.close();
  });
});
