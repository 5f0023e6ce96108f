import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AcmeId } from '../src/acme-id/acme-id.js';
import { StandIn } from '../src/acme-id/stand-in.js';

// Before the app is imported, because NODE_ENV decides which features it has.
process.env.NODE_ENV = 'production';
const { appsOfOnePlace, CALLBACK, logIn } = await import('./acme-id.js');

/** Production needs a mail server. These tests send no mail to it. */
const PRODUCTION = { SMTP_URL: 'smtp://127.0.0.1:1', ACME_ID_PORT: undefined };
const bootedWith = appsOfOnePlace();

describe('with a provider of its own', () => {
  let real: StandIn;
  beforeAll(async () => {
    real = await StandIn.listen(0, CALLBACK);
  });
  afterAll(() => real.close());
  const booted = bootedWith(() => ({
    ...PRODUCTION,
    ACME_ID_ISSUER: real.client.issuer,
    ACME_ID_CLIENT_ID: real.client.id,
    ACME_ID_CLIENT_SECRET: real.client.secret,
  }));

  test('the app sends users there, also in production, and starts no stand-in', async () => {
    const { asked, back } = await logIn(booted().url, 'carl@example.org');
    expect(new URL(asked.address).origin).toBe(real.client.issuer);
    expect(back.address).toBe('http://localhost:3000/');
    expect(booted().client.app.get(AcmeId).standIn).toBeNull();
  });
});

describe('in production without a provider, the app', () => {
  const booted = bootedWith(() => PRODUCTION);

  test('has no login by Acme ID, no button for one, and no stand-in', async () => {
    const { client, url } = booted();
    const answer = await client.call('GET', '/auth/login/acme-id?transport=cookie');
    expect(answer).toMatchObject({ status: 404, body: { code: 'unknown_provider' } });
    expect(await (await fetch(url)).text()).not.toContain('acme-id');
    expect(client.app.get(AcmeId).standIn).toBeNull();
  });
});
