import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

test.each(['Bearer', 'Bearer a b', 'bearer x', `Bearer ${'x'.repeat(9000)}`])(
  'malformed bearer credentials (%.20s) are an invalid token',
  async (value) => {
    const answer = await app.http.get('/auth/me').set('Authorization', value).expect(401);
    expect(answer.body.code).toBe('invalid_token');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="api", error="invalid_token"');
  },
);
