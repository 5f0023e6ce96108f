import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';

describe('a user from registration to logout', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test('registers and is logged in: tokens as RFC 6749 §5.1 writes them, never cached', async () => {
    const { body, headers } = await app.http
      .post('/auth/register')
      .send({ email: 'Ann@Example.org ', password: PASSWORD })
      .expect(201);
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: expect.stringMatching(/^nar_[\w-]{112}$/),
    });
    expect(headers['cache-control']).toBe('no-store');
    const me = await app.as(body.access_token).get('/auth/me').expect(200);
    expect(me.body).toEqual({ id: expect.any(String), email: 'ann@example.org', roles: [] });
  });

  test('logs out, and the access token is dead at once', async () => {
    const { access, refresh } = await signUp(app);
    await app.as(access).post('/auth/logout').expect(204);
    const dead = await app.as(access).get('/auth/me').expect(401);
    expect(dead.body.code).toBe('token_revoked');
    const gone = await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(401);
    expect(gone.body.code).toBe('session_revoked');
  });
});
