import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import { SECRETS, signUp, startApp, type TestApp } from '../../support/app.js';
import { expectAccepted, expectRefused, forge, hmac, type Json, open, withRaw } from '../../support/keys/forge.js';

const genuine = hmac(SECRETS.access);
const issuer = 'https://id.example.org';
const audience = ['https://api.example.org', 'reports'];

const apps: TestApp[] = [];
afterAll(() => Promise.all(apps.map((one) => one.close())));

async function start(...options: Parameters<typeof startApp>): Promise<TestApp> {
  const started = await startApp(...options);
  apps.push(started);
  return started;
}

let app: TestApp;
let header: Json;
let payload: Json;
let now: number;
beforeAll(async () => {
  app = await start();
  ({ header, payload } = open((await signUp(app)).access));
  now = payload.iat as number;
});

const forged = (changes: Json) => forge(header, { ...payload, jti: 'by-hand', ...changes }, genuine);
const raw = (name: string, text: string) => forge(header, withRaw(payload, name, text), genuine);

describe('times are whole seconds, all of them checked', () => {
  test.each([
    ['exp', 'null'],
    ['exp', '"1"'],
    ['exp', '1e400'],
    ['exp', '-1'],
    ['exp', '2000000000.5'],
    ['exp', 'true'],
    ['exp', '[2000000000]'],
    ['exp', '9007199254740993'],
    ['exp', 'NaN'],
    ['iat', 'null'],
    ['iat', '"1"'],
    ['iat', '1e400'],
    ['iat', '-1'],
    ['iat', '0.5'],
    ['nbf', 'null'],
    ['nbf', '"1"'],
    ['nbf', '-1'],
    ['nbf', '1e400'],
    ['auth_time', 'null'],
    ['auth_time', '"1"'],
    ['auth_time', '-1'],
    ['auth_time', '0.5'],
    ['auth_time', '1e400'],
  ])('%s: %s is refused', async (name, text) => {
    await expectRefused(app, raw(name, text));
  });

  test('a token that never expires, or does not say since when it is valid, is refused', async () => {
    await expectRefused(app, forged({ exp: undefined }));
    await expectRefused(app, forged({ iat: undefined }));
  });

  test('a token from the future is refused, beyond what clocks may differ', async () => {
    await expectAccepted(app, forged({ iat: now + 5, exp: now + 900 }));
    await expectRefused(app, forged({ iat: now + 6, exp: now + 900 }));
    await expectAccepted(app, forged({ nbf: now + 5 }));
    await expectRefused(app, forged({ nbf: now + 6 }));
  });

  test('an expired token says so, and so does one that is older than tokens get', async () => {
    await expectAccepted(app, forged({ exp: now - 4 }));
    await expectRefused(app, forged({ exp: now - 5 }), { code: 'token_expired' });
    await expectAccepted(app, forged({ iat: now - 904, exp: now + 1e6 }));
    await expectRefused(app, forged({ iat: now - 905, exp: now + 1e6 }), { code: 'token_expired' });
  });

  test('a token that was used while it lived dies on time', async () => {
    const mine = await start({ options: { ttl: { access: '15m' } } });
    const { access } = await signUp(mine);
    await expectAccepted(mine, access);
    mine.clock.advance(904);
    await expectAccepted(mine, access);
    mine.clock.advance(1);
    await expectRefused(mine, access, { code: 'token_expired' });
  });
});

describe('claims are of the type they should be', () => {
  test.each([
    ['sub', { $ne: null }],
    ['sub', { $gt: '' }],
    ['sub', ''],
    ['sub', 's'.repeat(256)],
    ['sub', 1],
    ['sub', null],
    ['sub', undefined],
    ['sub', ['x']],
    ['sid', { $ne: null }],
    ['sid', undefined],
    ['sid', ''],
    ['jti', undefined],
    ['jti', 7],
    ['roles', 'admin'],
    ['roles', undefined],
    ['roles', null],
    ['roles', [1]],
    ['roles', [['admin']]],
    ['roles', { 0: 'admin', length: 1 }],
    ['permissions', 'all'],
    ['permissions', null],
    ['permissions', [{ $ne: null }]],
    ['amr', 'mfa'],
    ['amr', null],
    ['amr', [1]],
    ['amr', [['mfa']]],
    ['amr', { 0: 'mfa', length: 1 }],
    ['act', null],
    ['act', 'admin'],
    ['act', {}],
    ['act', []],
    ['act', { sub: '' }],
    ['act', { sub: 1 }],
    ['act', { sub: { $ne: null } }],
    ['act', { sub: 's'.repeat(256) }],
  ])('%s: %j is refused', async (name, value) => {
    await expectRefused(app, forged({ [name]: value }));
  });

  test.each(['[]', 'null', '"text"', '1', 'true', 'no JSON', '{', '[{"sub":"x"}]', '{}'])(
    'a payload of %s is refused',
    async (text) => {
      await expectRefused(app, forge(header, text, genuine));
      await expectRefused(app, forge(text, payload, genuine));
    },
  );
});

describe('tokens are for us, and from us', () => {
  let ours: TestApp;
  let claims: Json;
  let head: Json;
  beforeAll(async () => {
    ours = await start({ options: { issuer, audience } });
    ({ header: head, payload: claims } = open((await signUp(ours)).access));
  });

  test('say both as configured', () => {
    expect(claims).toMatchObject({ iss: issuer, aud: audience[0] });
  });

  test.each([[audience[0]], [audience[1]], [audience], [['somebody else', 'reports']]])(
    'aud %j is accepted',
    async (aud) => {
      await expectAccepted(ours, forge(head, { ...claims, aud }, genuine));
    },
  );

  test.each<[string, unknown]>([
    ['iss', undefined],
    ['iss', null],
    ['iss', ''],
    ['iss', `${issuer}/`],
    ['iss', issuer.slice(0, -1)],
    ['iss', `${issuer}.evil.example`],
    ['iss', issuer.toUpperCase()],
    ['iss', ` ${issuer}`],
    ['iss', [issuer]],
    ['iss', { toString: issuer }],
    ['aud', undefined],
    ['aud', null],
    ['aud', ''],
    ['aud', []],
    ['aud', 'report'],
    ['aud', 'reports2'],
    ['aud', 'Reports'],
    ['aud', 'reports,https://api.example.org'],
    ['aud', { 0: 'reports' }],
    ['aud', [['reports']]],
    ['aud', ['reports', 1]],
    ['aud', ['somebody else']],
  ])('%s %j is refused', async (name, value) => {
    await expectRefused(ours, forge(head, { ...claims, [name]: value }, genuine), { realm: issuer });
  });

  test('an app that names neither refuses tokens that were meant for others', async () => {
    await expectRefused(app, forged({ iss: issuer }));
    await expectRefused(app, forged({ aud: 'reports' }));
    await expectRefused(app, forged({ aud: [] }));
  });
});

test('claims(user) adds to a token, and replaces nothing of the library', async () => {
  const bad = 'overridden';
  const library = {
    sub: bad,
    sid: bad,
    jti: bad,
    iss: bad,
    aud: bad,
    roles: [bad],
    permissions: [bad],
    iat: 1,
    exp: 4e9,
    nbf: 4e9,
    amr: [bad],
    auth_time: 4e9,
    act: { sub: bad },
  };
  const mine = await start({ options: { claims: async (user) => ({ ...library, tenant: `of ${user.login}` }) } });
  const { access, email } = await signUp(mine);
  await expectAccepted(mine, access);
  const { payload: claims } = open(access);
  expect(JSON.stringify(claims)).not.toContain(bad);
  expect(claims).toEqual({
    tenant: `of ${email}`,
    sub: expect.any(String),
    sid: expect.any(String),
    jti: expect.any(String),
    roles: [],
    amr: ['pwd'],
    auth_time: mine.clock.now / 1000,
    iat: mine.clock.now / 1000,
    exp: mine.clock.now / 1000 + 900,
  });
});

test('claims named __proto__ or constructor pollute nothing', async () => {
  const evil = '{"role":"admin","isAdmin":true}';
  await expectAccepted(app, forge(header, JSON.stringify(payload).replace('{', `{"__proto__":${evil},`), genuine));
  await expectAccepted(app, raw('constructor', `{"prototype":${evil}}`));
  await expectRefused(app, forge(JSON.stringify(header).replace('{', `{"__proto__":${evil},`), payload, genuine));
  expect(({} as Json).role).toBeUndefined();
  expect(({} as Json).isAdmin).toBeUndefined();
});

test('no log line and no answer repeats a token or a secret', async () => {
  const lines: string[] = [];
  const log = (...parts: unknown[]) =>
    void lines.push(parts.map((part) => (part instanceof Error ? part.stack : JSON.stringify(part))).join(' '));
  const logger: LoggerService = { log, error: log, warn: log, debug: log, verbose: log, fatal: log };
  const mine = await start({ configure: (nest) => nest.useLogger(logger) });
  const { access, refresh } = await signUp(mine);
  const { header: head, payload: claims } = open(access);
  const tampered = forge(head, { ...claims, sub: 'somebody else' }, hmac('no secret of ours'));
  for (const token of [tampered, raw('exp', 'NaN'), refresh, 'no.token.atall']) await expectRefused(mine, token);
  mine.clock.advance(1000);
  await expectRefused(mine, access, { code: 'token_expired' });
  await mine.as(access).post('/auth/refresh').send({ refresh_token: tampered }).expect(401);
  expect(lines.length).toBeGreaterThan(0);
  const said = lines.join('\n');
  for (const secret of [...access.split('.'), ...tampered.split('.'), refresh, SECRETS.access, SECRETS.refresh]) {
    expect(said).not.toContain(secret);
  }
});
