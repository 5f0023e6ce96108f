import 'reflect-metadata';
import { type AuthPolicyMatchers, toMatchAuthPolicy } from '@acme/nest-auth/testing';
import { expect, test } from '@jest/globals';
import { createApp } from '../src/create-app.js';

expect.extend({ toMatchAuthPolicy });

test('nobody has opened a route by accident: who may call what is as auth-policy.json says', async () => {
  // Nothing is built, because the list needs no database.
  const app = await createApp({ preview: true, logger: false, abortOnError: false });
  (expect(app) as unknown as AuthPolicyMatchers).toMatchAuthPolicy();
});
