import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, verify } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AccessKeys, TokenService } from '@acme/nest-auth';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SECRETS, signUp, startApp, type TestApp } from '../../support/app.js';
import {
  ecdsa,
  expectAccepted,
  expectRefused,
  forge,
  hmac,
  type Json,
  open,
  pss,
  respellings,
  rsa,
  type Signer,
} from '../../support/keys/forge.js';

const rsaPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ecPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const secret = (bytes: number) => randomBytes(bytes).toString('base64url');
const [secret384, secret512] = [secret(48), secret(64)];

const apps: TestApp[] = [];
afterAll(() => Promise.all(apps.map((app) => app.close())));

async function start(access: AccessKeys = SECRETS.access): Promise<TestApp> {
  const app = await startApp({ options: { secrets: { ...SECRETS, access } } });
  apps.push(app);
  return app;
}

test('an app that names no algorithm signs with HS256, and publishes no key', async () => {
  const app = await start();
  expect(open((await signUp(app)).access).header).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: expect.any(String) });
  const { status, body, headers } = await app.http.get('/.well-known/jwks.json');
  const wanted = { statusCode: 404, error: 'Not Found', code: 'not_found', message: expect.any(String) };
  expect({ status, body }).toEqual({ status: 404, body: wanted });
  expect(headers['www-authenticate']).toBeUndefined();
});

test.each<[string, AccessKeys, Signer]>([
  ['HS256', { alg: 'HS256', secret: SECRETS.access }, hmac(SECRETS.access)],
  ['HS384', { alg: 'HS384', secret: secret384 }, hmac(secret384, 384)],
  ['HS512', { alg: 'HS512', secret: secret512 }, hmac(secret512, 512)],
  ['RS256', { alg: 'RS256', ...rsaPair }, rsa(rsaPair.privateKey)],
  ['PS256', { alg: 'PS256', ...rsaPair }, pss(rsaPair.privateKey)],
  ['ES256', { alg: 'ES256', ...ecPair }, ecdsa(ecPair.privateKey)],
])('%s signs and verifies, alone', async (alg, access, signer) => {
  const app = await start(access);
  const user = await signUp(app);
  const { header, payload } = open(user.access);
  expect(header.alg).toBe(alg);
  await expectAccepted(app, user.access);
  await expectAccepted(app, forge(header, { ...payload, jti: 'by-hand' }, signer));
  for (const other of ['HS256', 'HS384', 'HS512', 'RS256', 'PS256', 'ES256', 'none'].filter((name) => name !== alg)) {
    await expectRefused(app, forge({ ...header, alg: other }, payload, signer));
  }
});

test.each<[string, KeyObject, KeyObject, object]>([
  ['RS256', rsaPair.privateKey, rsaPair.publicKey, {}],
  ['PS256', rsaPair.privateKey, rsaPair.publicKey, { padding: 6, saltLength: 32 }],
  ['ES256', ecPair.privateKey, ecPair.publicKey, { dsaEncoding: 'ieee-p1363' }],
] as const)(
  'anybody can check a token of %s with the published key, and nothing private is published',
  async (alg, privateKey, publicKey, details) => {
    const app = await start({
      alg: alg as 'RS256',
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    });
    const [head, body, signature] = (await signUp(app)).access.split('.');
    const { body: jwks, headers } = await app.http.get('/.well-known/jwks.json').expect(200);
    expect(headers['cache-control']).toBe('public, max-age=300');
    const { kid } = open(`${head}.${body}`).header;
    expect(jwks).toEqual({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }] });
    const key = createPublicKey({ key: jwks.keys[0], format: 'jwk' });
    expect(
      verify('sha256', Buffer.from(`${head}.${body}`), { key, ...details }, Buffer.from(signature!, 'base64url')),
    ).toBe(true);
  },
);

describe('asymmetric keys under attack', () => {
  let rs: TestApp;
  let es: TestApp;
  let rsToken: { header: Json; payload: Json };
  let esToken: { header: Json; payload: Json };
  let fetched = 0;
  let server: Server;
  beforeAll(async () => {
    rs = await start({ alg: 'RS256', ...rsaPair });
    es = await start({ alg: 'ES256', ...ecPair });
    rsToken = open((await signUp(rs)).access);
    esToken = open((await signUp(es)).access);
    server = createServer((_, response) => void response.end(String(++fetched)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.close();
  });

  test('a public RSA key does not work as an HMAC secret, however its PEM is spelled', async () => {
    const { header, payload } = rsToken;
    const pem = rsaPair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const pkcs1 = rsaPair.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    const jwk = JSON.stringify(rsaPair.publicKey.export({ format: 'jwk' }));
    const spellings = [
      pem,
      pem.trim(),
      ` ${pem}`,
      `\n${pem}`,
      `\uFEFF${pem}`,
      pem.replaceAll('\n', '\r\n'),
      pkcs1,
      jwk,
    ];
    for (const key of [...spellings, rsaPair.publicKey.export({ type: 'spki', format: 'der' })]) {
      await expectRefused(rs, forge({ ...header, alg: 'HS256' }, payload, hmac(key)));
      await expectRefused(rs, forge(header, payload, hmac(key)));
    }
  });

  test.each(['jwk', 'jku', 'x5u', 'x5c'])(
    'a key that the token brings as %s is not used, nor fetched',
    async (name) => {
      const mallory = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
      const jwk = { ...mallory.publicKey.export({ format: 'jwk' }), kid: esToken.header.kid };
      const der = mallory.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
      const header = { ...esToken.header, [name]: { jwk, jku: url, x5u: url, x5c: [der] }[name] };
      await expectRefused(es, forge(header, esToken.payload, ecdsa(mallory.privateKey)));
      await expectRefused(es, forge({ ...header, kid: 'mine' }, esToken.payload, ecdsa(mallory.privateKey)));
      await expectRefused(es, forge(header, esToken.payload, ecdsa(ecPair.privateKey)));
      expect(fetched).toBe(0);
    },
  );

  const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
  const [zero, one] = ['0'.repeat(64), '1'.padStart(64, '0')];
  test.each([
    ['r = s = 0', zero + zero],
    ['r = 0', zero + one],
    ['s = 0', one + zero],
    ['r = s = 1', one + one],
    ['r = s = the order', order + order],
    ['r = the order, s = 0', order + zero],
    ['all ones', 'ff'.repeat(64)],
    ['nothing', ''],
    ['half of it', zero],
    ['a byte too many', `${zero}${zero}00`],
    ['zeros in DER', '3006020100020100'],
    ['zeros without length in DER', '300402000200'],
  ])('the psychic signature %s proves nothing', async (_, hex) => {
    await expectRefused(
      es,
      forge(esToken.header, esToken.payload, () => Buffer.from(hex, 'hex')),
    );
  });

  test('a logout kills a token in all its spellings, also those that others can compute', async () => {
    for (const app of [rs, es]) {
      const { access } = await signUp(app);
      const cut = access.lastIndexOf('.') + 1;
      const twins = respellings(access.slice(cut)).map((signature) => access.slice(0, cut) + signature);
      await expectAccepted(app, access);
      for (const twin of twins) await expectRefused(app, twin);
      await app.as(access).post('/auth/logout').expect(204);
      await expectRefused(app, access, { code: 'token_revoked' });
      for (const twin of twins) await expectRefused(app, twin);
    }
  });

  test('a logout kills the twin of an ECDSA signature, which is as valid as the original', async () => {
    const { access } = await signUp(es);
    const cut = access.lastIndexOf('.') + 1;
    const hex = Buffer.from(access.slice(cut), 'base64url').toString('hex');
    const s = (BigInt(`0x${order}`) - BigInt(`0x${hex.slice(64)}`)).toString(16).padStart(64, '0');
    const twin = access.slice(0, cut) + Buffer.from(hex.slice(0, 64) + s, 'hex').toString('base64url');
    await expectAccepted(es, twin);
    await es.as(access).post('/auth/logout').expect(204);
    for (const token of [access, twin]) await expectRefused(es, token, { code: 'token_revoked' });
  });
});

test('keys are replaced while the app runs, and nobody is logged out', async () => {
  const app = await start([{ alg: 'ES256', ...ecPair }]);
  const next = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [old, fresh] = [{ alg: 'ES256', ...ecPair } as const, { alg: 'ES256', ...next } as const];
  const tokens = app.app.get(TokenService);
  const kids = async () =>
    (await app.http.get('/.well-known/jwks.json').expect(200)).body.keys.map(({ kid }: Json) => kid);
  const first = (await signUp(app)).access;
  tokens.useKeys([old, fresh]);
  expect(await kids()).toHaveLength(2);
  const second = (await signUp(app)).access;
  tokens.useKeys([fresh, old]);
  const third = (await signUp(app)).access;
  for (const token of [first, second, third]) await expectAccepted(app, token);
  expect([first, second, third].map((token) => open(token).header.kid === open(first).header.kid)).toEqual([
    true,
    true,
    false,
  ]);
  tokens.useKeys(fresh);
  await expectAccepted(app, third);
  for (const token of [first, second]) await expectRefused(app, token);
  expect(await kids()).toEqual([open(third).header.kid]);
});
