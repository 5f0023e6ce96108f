import 'reflect-metadata';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { AcmeId } from '../src/acme-id/acme-id.js';
import { StandIn } from '../src/acme-id/stand-in.js';
import { appsOfOnePlace, CALLBACK, logIn } from './acme-id.js';
import { Traveller } from './traveller.js';

const bootedWith = appsOfOnePlace();

describe('in development, the app', () => {
  const booted = bootedWith(() => ({}));

  test('opens an account for any address typed at Acme ID, and finds it the next time', async () => {
    const { traveller, asked, back } = await logIn(booted().url, 'ann@example.org');
    expect(new URL(asked.address).hostname).toBe('127.0.0.1');
    expect(back.address).toBe('http://localhost:3000/');
    const me = JSON.parse((await traveller.go('/auth/me')).text);
    expect(me).toMatchObject({
      email: 'ann@example.org',
      email_verified: true,
      displayName: 'ann',
      hasPassword: false,
    });
    const again = await logIn(booted().url, 'Ann@Example.org');
    expect(JSON.parse((await again.traveller.go('/auth/me')).text)).toMatchObject({ id: me.id });
  });

  test('learns that a user has cancelled, and logs nobody in', async () => {
    const traveller = new Traveller('http://localhost:3000', booted().url);
    const { address } = await traveller.go('/auth/login/acme-id?transport=cookie');
    const back = await traveller.send(address, { cancel: 'yes' });
    expect(back.address).toBe('http://localhost:3000/#error=login_denied');
    expect((await traveller.go('/auth/me')).status).toBe(401);
  });

  test('asks again after an invalid address, and never shows it', async () => {
    const traveller = new Traveller('http://localhost:3000', booted().url);
    const { address } = await traveller.go('/auth/login/acme-id?transport=cookie');
    const { status, text } = await traveller.send(address, { email: '<b>ann</b>' });
    expect([status, text.includes('<b>')]).toEqual([400, false]);
    const lost = await new Traveller('http://localhost:3000', booted().url).go(address);
    expect([lost.status, lost.text.includes('This login is over.')]).toEqual([404, true]);
  });

  test('tells its page where a login begins', async () => {
    const html = await (await fetch(booted().url)).text();
    expect(html).toContain('<meta name="acme-id" content="http://localhost:3000/auth/login/acme-id">');
  });

  test('does not start if the port of the stand-in is taken, and says which variable chooses another', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(StandIn.listen(port, CALLBACK)).rejects.toThrow(/port \d+\. ACME_ID_PORT chooses another/);
    server.close();
  });
});

describe('Acme ID', () => {
  const tried = async (variables: Record<string, string>) => {
    const before = { ...process.env };
    Object.assign(process.env, variables);
    try {
      return await AcmeId.open();
    } finally {
      for (const name of Object.keys(variables)) delete process.env[name];
      Object.assign(process.env, before);
    }
  };

  test.each([
    [{ ACME_ID_ISSUER: 'https://id.acme.example' }],
    [{ ACME_ID_ISSUER: 'id.acme.example', ACME_ID_CLIENT_ID: 'notes', ACME_ID_CLIENT_SECRET: 'secret' }],
  ])('with an incomplete configuration is refused at boot: %j', async (variables) => {
    await expect(tried(variables)).rejects.toThrow(/ACME_ID_ISSUER must be an address, and needs ACME_ID_CLIENT_ID/);
  });

  test.each([
    'http://localhost:3000',
    'http://127.0.0.1:8080',
    'http://[::1]:3000',
    'https://notes.localhost',
    'HTTP://LOCALHOST:3000',
  ])('has a stand-in for a page at %s', async (APP_URL) => {
    const acmeId = await tried({ APP_URL, ACME_ID_PORT: '0' });
    await acmeId.onApplicationShutdown();
    expect(acmeId.standIn).toBeInstanceOf(StandIn);
  });

  test.each([
    'https://notes.example',
    'http://192.168.1.5:3000',
    'http://localhost.notes.example',
    'http://localhost@notes.example',
    'http://127.0.0.1.nip.io',
    'http://notlocalhost',
    'no address',
  ])('has no stand-in for a page at %s, and says what to configure', async (APP_URL) => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const acmeId = await tried({ APP_URL, ACME_ID_PORT: '0' });
    const said = warn.mock.calls.flat().join();
    warn.mockRestore();
    await acmeId.onApplicationShutdown();
    expect([acmeId.standIn, acmeId.loginUrl, await acmeId.options()]).toEqual([null, null, undefined]);
    expect(said).toContain('Set ACME_ID_ISSUER, ACME_ID_CLIENT_ID and ACME_ID_CLIENT_SECRET.');
  });

  test('that is down fails a login, not the start, and is asked again at the next', async () => {
    const real = await StandIn.listen(0, CALLBACK);
    const { issuer, id, secret } = real.client;
    await real.close();
    const acmeId = await tried({ ACME_ID_ISSUER: issuer, ACME_ID_CLIENT_ID: id, ACME_ID_CLIENT_SECRET: secret });
    await expect(acmeId.options()).rejects.toMatchObject({ code: 'provider_failed' });
    const back = await StandIn.listen(Number(new URL(issuer).port), CALLBACK);
    expect(await acmeId.options()).toMatchObject({ issuer });
    await back.close();
  });
});
