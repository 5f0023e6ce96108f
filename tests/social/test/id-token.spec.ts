import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type App, me, startApp } from '../src/app.js';
import { CASES } from '../src/strategies.js';

const ISSUER = 'https://accounts.google.com';
let app: App;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let others: Awaited<ReturnType<typeof generateKeyPair>>;
let server: Server;
let asked = 0;
let isUp = true;
let nonce = '';

beforeAll(async () => {
  [keys, others] = [await generateKeyPair('RS256'), await generateKeyPair('RS256')];
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  server = createServer((_, response) => {
    asked++;
    if (!isUp) response.writeHead(500).end();
    else response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  app = await startApp('express', {
    strategies: { google: CASES.google?.strategy as never, github: CASES.github?.strategy as never },
    providers: {
      google: { clientID: 'web', clientSecret: 'a secret', appIds: ['android'], jwksUri },
      github: { clientID: 'web', clientSecret: 'a secret' },
    },
  });
});
afterAll(async () => {
  await app.close();
  server.close();
});
beforeEach(() => {
  nonce = randomBytes(16).toString('base64url');
  isUp = true;
});

interface Changes {
  readonly claims?: object;
  readonly header?: object;
  readonly key?: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'] | Uint8Array;
}

function idToken({ claims = {}, header = {}, key = keys.privateKey }: Changes = {}): Promise<string> {
  const now = Math.floor(app.clock.now / 1000);
  const hash = createHash('sha256').update(nonce).digest('hex');
  const all = { iss: ISSUER, aud: 'android', sub: 'g-1', iat: now, exp: now + 3600, nonce: hash };
  const more = { email: 'ann@example.org', email_verified: true };
  return new SignJWT({ ...all, ...more, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'one', ...header } as { alg: string })
    .sign(key as never);
}

const logIn = (id_token: string, given = nonce, provider = 'google') =>
  app.http('POST', `/auth/login/${provider}/token`, { id_token, nonce: given });
const REFUSED = { status: 400, body: { code: 'provider_answer_refused' } };

describe('an ID token from an app on a phone', () => {
  test('logs its user in', async () => {
    const { status, body } = await logIn(await idToken());
    expect(status).toBe(200);
    expect((await me(app, body.access_token)).body).toMatchObject({ email: 'ann@example.org' });
  });

  test('works once', async () => {
    const token = await idToken();
    expect((await logIn(token)).status).toBe(200);
    expect(await logIn(token)).toMatchObject(REFUSED);
  });

  test('is of no use to somebody who has it and not its nonce', async () => {
    const token = await idToken();
    expect(await logIn(token, createHash('sha256').update(nonce).digest('hex'))).toMatchObject(REFUSED);
  });

  test.each([
    ['for another app', { claims: { aud: 'another' } }],
    ['for this app and another', { claims: { aud: ['android', 'another'] } }],
    ['for nobody', { claims: { aud: [] } }],
    ['given to another app', { claims: { azp: 'another' } }],
    ['of another issuer', { claims: { iss: 'https://evil.example' } }],
    ['without a subject', { claims: { sub: '' } }],
    ['that has expired', { claims: { exp: 1 } }],
    ['without an end', { claims: { exp: undefined } }],
    ['from the future', { claims: { iat: 4e9 } }],
    ['that is an hour old', { claims: { iat: 1893456000 - 3600 } }],
    ['without a nonce', { claims: { nonce: undefined } }],
    ['with a critical extension', { header: { crit: ['b64'], b64: true } }],
    ['of an unknown key', { header: { kid: 'two' } }],
    ['of another algorithm than its key', { header: { alg: 'PS256' } }],
  ])('%s is refused', async (_, changes) => {
    const key =
      'header' in changes && 'alg' in changes.header ? (await generateKeyPair('PS256')).privateKey : undefined;
    const token = await idToken({ ...changes, ...(key ? { key } : {}) });
    expect(await logIn(token)).toMatchObject(REFUSED);
  });

  test('signed by somebody else, or by nobody, is refused', async () => {
    expect(await logIn(await idToken({ key: others.privateKey }))).toMatchObject(REFUSED);
    const [, body] = (await idToken()).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid: 'one' })).toString('base64url');
    for (const token of [`${none}.${body}.`, 'a.b.c', '', 'x'.repeat(9000)]) {
      const answer = await logIn(token);
      expect([answer.status, token === '' || answer.body.code]).toEqual([
        400,
        token === '' || 'provider_answer_refused',
      ]);
    }
  });

  test('of made-up keys asks for the keys once', async () => {
    app.clock.advance(60);
    await logIn(await idToken());
    const before = asked;
    for (let at = 0; at < 5; at++) await logIn(await idToken({ header: { kid: `made-up-${at}` } }));
    expect(asked - before).toBeLessThanOrEqual(1);
  });

  test('is a 503 while the keys cannot be had', async () => {
    app.clock.advance(3600);
    isUp = false;
    expect(await logIn(await idToken())).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
  });

  test('is refused for a provider that has no keys', async () => {
    expect(await logIn(await idToken(), nonce, 'github')).toMatchObject({ status: 400 });
  });
});
