import { OneTimeTokens } from '@acme/nest-auth';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SECRETS, signUp, startApp, type TestApp } from '../../support/app.js';
import {
  expectAccepted,
  expectRefused,
  forge,
  hmac,
  type Json,
  open,
  respellings,
  type Signer,
  seal,
  segment,
} from '../../support/keys/forge.js';

const genuine = hmac(SECRETS.access);
const unsigned: Signer = () => '';

let app: TestApp;
let header: Json;
let payload: Json;
let refresh: string;
beforeAll(async () => {
  app = await startApp();
  const user = await signUp(app);
  refresh = user.refresh;
  ({ header, payload } = open(user.access));
});
afterAll(() => app.close());

test('the forger of these tests makes tokens that pass, so that what is refused is refused for the reason named', async () => {
  await expectAccepted(app, forge(header, { ...payload, jti: 'by-hand' }, genuine));
});

test('a token that others signed, or that was changed after signing, is refused', async () => {
  const [head, body, signature] = forge(header, payload, genuine).split('.');
  await expectRefused(app, forge(header, payload, hmac('a secret of somebody else, long enough')));
  await expectRefused(app, `${head}.${segment({ ...payload, roles: ['admin'] })}.${signature}`);
  await expectRefused(app, `${segment({ ...header, kid: 'other' })}.${body}.${signature}`);
});

describe('the header never chooses the algorithm', () => {
  test.each(['none', 'None', 'NONE', 'nOnE', 'NonE', 'noNe', ' none', 'none '])(
    'alg %j: unsigned or signed, refused',
    async (alg) => {
      await expectRefused(app, forge({ ...header, alg }, payload, unsigned));
      await expectRefused(app, forge({ ...header, alg }, payload, genuine));
    },
  );

  test.each([
    ['absent', undefined],
    ['empty', ''],
    ['null', null],
    ['lower case', 'hs256'],
    ['a list', ['HS256']],
    ['another hash', 'HS512'],
  ])('alg %s: refused, though the signature is right', async (_, alg) => {
    await expectRefused(app, forge({ ...header, alg }, payload, genuine));
    await expectRefused(app, forge({ ...header, alg }, payload, hmac(SECRETS.access, 512)));
  });
});

describe('a kid is a name in our ring, never a path, a query or a property', () => {
  test.each([
    '../../../../dev/null',
    '/dev/null',
    "' OR 1=1--",
    "x' UNION SELECT 'AAAA",
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '',
  ])('kid %j finds no key', async (kid) => {
    for (const key of ['', 'AAAA', 'undefined', 'null', '[object Object]']) {
      await expectRefused(app, forge({ ...header, kid }, payload, hmac(key)));
    }
    await expectRefused(app, forge({ ...header, kid }, payload, genuine));
  });

  test.each([
    ['absent', undefined],
    ['null', null],
    ['a number', 0],
    ['a list', (kid: unknown) => [kid]],
    ['an object', {}],
    ['huge', () => 'k'.repeat(5000)],
  ])('kid %s finds no key', async (_, kid) => {
    const value = typeof kid === 'function' ? kid(header.kid) : kid;
    await expectRefused(app, forge({ ...header, kid: value }, payload, genuine));
  });
});

describe('a header that asks for more than we do is refused', () => {
  test.each<[string, object]>([
    ['a critical extension', { crit: ['http://example.org/x'], 'http://example.org/x': 1 }],
    ['no critical extensions', { crit: [] }],
    ['a critical standard header', { crit: ['alg'] }],
    ['a critical claim', { crit: ['exp'], exp: 1 }],
    ['a critical header that is missing', { crit: ['b64'] }],
    ['crit as text', { crit: 'b64' }],
    ['crit null', { crit: null }],
    ['an unencoded payload', { b64: false, crit: ['b64'] }],
    ['an unencoded payload that is not critical', { b64: false }],
    ['compression', { zip: 'DEF' }],
    ['a nested token', { cty: 'JWT' }],
  ])('%s', async (_, more) => {
    await expectRefused(app, forge({ ...header, ...more }, payload, genuine));
  });

  test('an unencoded payload that is really unencoded', async () => {
    const raw = JSON.stringify(payload).replaceAll('.', '');
    await expectRefused(app, seal(segment({ ...header, b64: false, crit: ['b64'] }), raw, genuine));
  });

  test.each([undefined, null, '', 'JWT', 'jwt', 'AT+JWT', 'application/at+jwt', 'refresh+jwt', 'at+jwt ', ['at+jwt']])(
    'typ %j is not accepted as an access token',
    async (typ) => expectRefused(app, forge({ ...header, typ }, payload, genuine)),
  );
});

describe('a token has one spelling', () => {
  test('no padding, no spare bits, no foreign letters in any segment', async () => {
    const [head, body, signature] = forge(header, { ...payload, jti: 'x'.repeat(12) }, genuine).split('.') as [
      string,
      string,
      string,
    ];
    for (const twin of respellings(head)) await expectRefused(app, seal(twin, body, genuine));
    for (const twin of respellings(body)) await expectRefused(app, seal(head, twin, genuine));
    for (const twin of respellings(signature)) await expectRefused(app, `${head}.${body}.${twin}`);
  });

  test.each<[string, (text: string) => string]>([
    ['white space', (text) => text.replace('{', '{ ')],
    ['a line at the end', (text) => `${text}\n`],
    ['a byte order mark', (text) => `\uFEFF${text}`],
    ['an escape', (text) => text.replace('"kid"', '"\\u006bid"').replace('"sub"', '"\\u0073ub"')],
    ['a member twice', (text) => text.replace('{', '{"alg":"none","sub":"somebody else",')],
    ['a member twice, the right one first', (text) => text.replace('}', ',"kid":"other","sub":"somebody else"}')],
  ])('%s in the JSON', async (_, spell) => {
    await expectRefused(app, forge(spell(JSON.stringify(header)), payload, genuine));
    await expectRefused(app, forge(header, spell(JSON.stringify(payload)), genuine));
  });

  test('three segments, none empty, none beyond reason', async () => {
    const token = forge(header, payload, genuine);
    const [head, body, signature] = token.split('.');
    const oddities = [
      'a',
      '.',
      '..',
      '...',
      `${head}.${body}`,
      `${head}.${body}.`,
      `.${body}.${signature}`,
      `${head}..${signature}`,
    ];
    for (const odd of [...oddities, `${token}.`, `.${token}`, `${token}.${signature}`, `${token}.a.b`])
      await expectRefused(app, odd);
    await expectRefused(app, 'a.'.repeat(7000));
    // The most that Node accepts in all headers together.
    await expectRefused(app, forge(header, { ...payload, pad: 'p'.repeat(11_000) }, genuine));
  });
});

describe('no token passes as one of another kind', () => {
  test('a refresh token opens no route, an access token refreshes nothing', async () => {
    await expectRefused(app, refresh);
    const access = forge(header, { ...payload, jti: 'kinds' }, genuine);
    await expectAccepted(app, access);
    const { status, body, headers } = await app.http.post('/auth/refresh').send({ refresh_token: access });
    const wanted = {
      statusCode: 401,
      error: 'Unauthorized',
      code: 'invalid_refresh_token',
      message: expect.any(String),
    };
    expect({ status, body }).toEqual({ status: 401, body: wanted });
    expect(headers['www-authenticate']).toBe('Bearer realm="api", error="invalid_token"');
  });

  test.each(['refresh+jwt', 'reset+jwt', 'verify+jwt', 'mfa+jwt', 'oauth-state+jwt', 'JWT', undefined])(
    'a token of typ %j that our own access key signed opens no route',
    async (typ) => {
      await expectRefused(app, forge({ ...header, typ }, payload, genuine));
    },
  );

  test('the refresh secret signs no access token', async () => {
    await expectRefused(app, forge(header, payload, hmac(SECRETS.refresh)));
  });

  test('a one-time token serves its own purpose, and neither opens a route nor refreshes', async () => {
    const tokens = app.app.get(OneTimeTokens);
    const token = await tokens.issue('password-reset', 'somebody', 600);
    await expectRefused(app, token);
    await app.http.post('/auth/refresh').send({ refresh_token: token }).expect(401);
    for (const purpose of ['mfa', 'email-verification', 'oauth-state'])
      expect(await tokens.consume(purpose, token)).toBeNull();
    for (const other of [refresh, forge(header, payload, genuine)])
      expect(await tokens.consume('password-reset', other)).toBeNull();
    expect(await tokens.consume('password-reset', token)).toBe('somebody');
  });

  test('a token in the URL, the body or another scheme is not looked at', async () => {
    const token = forge(header, payload, genuine);
    const { body, headers } = await app.http
      .get(`/auth/me?access_token=${token}`)
      .set('Authorization', `Basic ${token}`)
      .expect(401);
    expect(body.code).toBe('missing_token');
    expect(headers['www-authenticate']).toBe('Bearer realm="api"');
    await app.as(token).get('/auth/me').expect(200);
  });
});
