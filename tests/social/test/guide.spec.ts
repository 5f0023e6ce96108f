import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BcryptHasher, memoryStores } from '@acme/nest-auth';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type DynamicModule, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Browser, fragmentOf } from '../src/browser.js';
import { FakeProvider } from '../src/fake-provider.js';
import { CASES } from '../src/strategies.js';

const PAGE = join(import.meta.dirname, '../../../docs/guides/social.md');
const generated = join(import.meta.dirname, `.generated-${process.pid}`);

let app: INestApplication;
let fake: FakeProvider;
let origin = '';

/** The code that the page leaves to the app. */
const LEFT_OUT = `
const stores = globalThis.storesOfTheGuide;
const secrets = {
  access: 'vX3kQm8TzR1nWc6YpL0sJd9fHbGa2uEe4oKiN7rVtBw',
  refresh: 'qZ7hUe2MxC5jRn9LbPf4WsGk1TdYv8oAi3EyJ6mKcXg',
};`;

beforeAll(async () => {
  fake = await new FakeProvider(CASES.google?.fake as never).start();
  process.env.GOOGLE_ID = fake.options.clientId;
  process.env.GOOGLE_SECRET = fake.options.clientSecret;
  const { Strategy } = await import('passport-google-oauth20');
  // The unchanged strategy, with a fake Google.
  jest.unstable_mockModule('passport-google-oauth20', () => ({
    Strategy: class extends Strategy {
      constructor(options: object, verify: never) {
        const { url } = fake;
        const elsewhere = { authorizationURL: `${url}/authorize`, tokenURL: `${url}/token` };
        super({ ...options, ...elsewhere, userProfileURL: `${url}/userinfo` } as never, verify);
      }
    },
  }));
  const blocks = [...readFileSync(PAGE, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  const [code = ''] = blocks.filter((block) => block.includes('passport-google-oauth20'));
  const stores = { ...memoryStores(), password: { hasher: new BcryptHasher({ cost: 10 }) } };
  Object.assign(globalThis, { storesOfTheGuide: stores });
  mkdirSync(generated, { recursive: true });
  writeFileSync(join(generated, 'guide.ts'), `${LEFT_OUT}\n${code}`);
  const { auth } = (await import(join(generated, 'guide.ts'))) as { readonly auth: DynamicModule };

  @Module({ imports: [auth] })
  class AppModule {}
  app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  origin = (await app.getUrl()).replace('[::1]', '127.0.0.1');
});
afterAll(async () => {
  await app.close();
  await fake.stop();
  rmSync(generated, { recursive: true, force: true });
});

test('the code of the guide logs a user in, and the code of its page fetches the tokens', async () => {
  // Google's own issuer, which the guide does not name, and the clock of this machine.
  fake.misbehaviour = { idToken: (claims) => void Object.assign(claims, { iss: 'https://accounts.google.com' }) };
  const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const browser = new Browser();
  const first = await browser.request(
    `${origin}/auth/login/google?code_challenge=${base64url(new Uint8Array(digest))}`,
  );
  const back = await browser.request(first.headers.get('location') ?? '');
  // The app is at api.example.org for browsers, behind a proxy that ends TLS.
  const callback = (back.headers.get('location') ?? '').replace('https://api.example.org', origin);
  const page = (await browser.request(callback)).headers.get('location') ?? '';
  expect(page).toMatch('https://app.example.org/welcome#code=');
  const answer = await fetch(`${origin}/auth/login/code`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: fragmentOf(page).code, code_verifier: verifier }),
  });
  expect(await answer.json()).toMatchObject({ access_token: expect.any(String) });
  expect(fake.problems).toEqual([]);
});
