import { apiKeys } from '@acme/nest-auth/api-keys';
import { expect, test } from '@jest/globals';
import { PASSWORD, signUp, startApp } from '../../support/app.js';

const MINUTE = 60;

test('an API key is made and rotated by a recent login; it is listed and removed by any', async () => {
  const app = await startApp({ features: [apiKeys()] });
  try {
    const { access, refresh } = await signUp(app);
    const { body: key } = await app.as(access).post('/auth/api-keys').send({ name: 'first' }).expect(201);
    app.clock.advance(16 * MINUTE);
    const { body: tokens } = await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(200);
    const caller = app.as(tokens.access_token);
    for (const path of ['/auth/api-keys', `/auth/api-keys/${key.id}/rotate`]) {
      const { body } = await caller.post(path).send({ name: 'second' }).expect(401);
      expect(body).toMatchObject({ code: 'insufficient_user_authentication', max_age: 15 * MINUTE });
    }
    expect((await caller.get('/auth/api-keys').expect(200)).body).toHaveLength(1);
    const confirmed = await caller.post('/auth/confirm').send({ password: PASSWORD }).expect(200);
    await app.as(confirmed.body.access_token).post(`/auth/api-keys/${key.id}/rotate`).expect(201);
    await caller.delete(`/auth/api-keys/${key.id}`).expect(204);
  } finally {
    await app.close();
  }
});
