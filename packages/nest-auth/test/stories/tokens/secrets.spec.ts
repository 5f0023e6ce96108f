import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { type AccessKeys, AuthError, type AuthOptions } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import { SECRETS, signUp, startApp } from '../../support/app.js';

const random = (bytes: number) => randomBytes(bytes).toString('base64url');
const pem = (type: 'pkcs8' | 'spki', key: import('node:crypto').KeyObject) =>
  key.export({ type, format: 'pem' }).toString();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const shortRsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const koblitz = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const ed = generateKeyPairSync('ed25519');
const rsaPss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });

/** The error of a boot with these secrets, line by line. */
async function refusalOf(
  secrets: unknown,
  options: Partial<AuthOptions> = {},
): Promise<{ lines: string[]; text: string }> {
  const error = await startApp({ options: { ...options, secrets: secrets as AuthOptions['secrets'] } }).then(
    async (app) => {
      await app.close();
      return undefined;
    },
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AuthError);
  const { code, message, stack } = error as AuthError;
  expect(code).toBe('invalid_configuration');
  const [title, ...lines] = message.split('\n');
  expect(title).toBe('AuthModule cannot start:');
  return { lines, text: `${message}\n${stack}\n${JSON.stringify(error)}` };
}

const WEAK = [
  'secret',
  'changeme',
  'password',
  'your-256-bit-secret',
  'a-string-secret-at-least-256-bits-long',
  'your-256-bit-secret-your-384-bit-secret!',
  'please-change-me-before-going-live-1234567',
  'mySuperSecretKeyWithMoreThan32Characters!',
  'DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.',
  'keyboard cat keyboard dog keyboard mouse 123',
  'placeholder-0123456789-abcdefghijklmnopq',
  'k'.repeat(64),
  '0123456789'.repeat(7),
  'abcabcabcdabcabcabcdabcabcabcdabcabcabcd',
  random(23),
];

describe('a weak secret keeps the app from starting', () => {
  test.each(WEAK)('for access tokens: %s', async (weak) => {
    const { lines, text } = await refusalOf({ ...SECRETS, access: weak });
    expect(lines).toEqual([
      expect.stringMatching(/^ {2}- secrets\.access .*; make one with: node -p "crypto\.randomBytes\(32\)/),
    ]);
    expect(text).not.toContain(weak.length > 8 ? weak : `'${weak}'`);
  });

  test.each(WEAK)('for refresh tokens: %s', async (weak) => {
    const { lines, text } = await refusalOf({ ...SECRETS, refresh: weak });
    expect(lines).toEqual([
      expect.stringMatching(/^ {2}- secrets\.refresh .*; make one with: node -p "crypto\.randomBytes\(32\)/),
    ]);
    expect(text).not.toContain(weak.length > 8 ? weak : `'${weak}'`);
  });

  test.each([
    ['HS256', random(23), 32],
    ['HS384', random(35), 48],
    ['HS512', random(47), 64],
    ['HS256', createSecretKey(randomBytes(31)), 32],
    ['HS384', createSecretKey(randomBytes(47)), 48],
    ['HS512', createSecretKey(randomBytes(63)), 64],
  ] as const)('%s with fewer bytes than its hash has', async (alg, secret, bytes) => {
    const { lines } = await refusalOf({ ...SECRETS, access: { alg, secret } });
    expect(lines).toEqual([
      `  - secrets.access is shorter than ${bytes} bytes; make one with: node -p "crypto.randomBytes(${bytes}).toString('base64url')".`,
    ]);
  });

  test('the same secret for both kinds of token, in whichever form', async () => {
    const asKey = createSecretKey(Buffer.from(SECRETS.refresh));
    for (const access of [
      SECRETS.refresh,
      asKey,
      { secret: SECRETS.refresh },
      { secret: asKey },
      [SECRETS.access, SECRETS.refresh],
    ]) {
      const { lines, text } = await refusalOf({ ...SECRETS, access });
      expect(lines).toEqual(['  - secrets.refresh equals secrets.access; each needs a secret of its own.']);
      expect(text).not.toContain(SECRETS.refresh);
    }
  });
});

test.each<[string, unknown, RegExp]>([
  ['RSA of 1024 bits', { alg: 'RS256', ...shortRsa }, /RSA key of 1024 bits; use 3072/],
  ['RSA of 1024 bits as PEM', { alg: 'PS256', privateKey: pem('pkcs8', shortRsa.privateKey) }, /RSA key of 1024 bits/],
  ['a curve ES256 is not made for', { alg: 'ES256', ...p384 }, /is not on the curve P-256/],
  ['a curve of the same size', { alg: 'ES256', ...koblitz }, /is not on the curve P-256/],
  ['an EC key for RSA', { alg: 'RS256', ...p256 }, /is not an RSA key/],
  ['an RSA key for EC', { alg: 'ES256', ...rsa }, /is not on the curve P-256/],
  ['a key bound to PSS', { alg: 'PS256', ...rsaPss }, /is not an RSA key/],
  ['an Edwards key', { alg: 'ES256', ...ed }, /is not on the curve P-256/],
  [
    'halves of two pairs',
    { alg: 'RS256', privateKey: rsa.privateKey, publicKey: otherRsa.publicKey },
    /does not belong/,
  ],
  ['a public half where the private one belongs', { alg: 'RS256', privateKey: rsa.publicKey }, /not private/],
  ['a key that cannot sign', { alg: 'RS256', publicKey: rsa.publicKey }, /the first needs a privateKey/],
  ['neither half', { alg: 'RS256' }, /neither a privateKey nor a publicKey/],
  ['a PEM that is none', { alg: 'RS256', privateKey: 'MIIE-not-a-key' }, /cannot be read as a key in PEM format/],
  ['a pair without alg', { ...rsa }, /has alg 'undefined'; a key pair takes ES256, PS256 or RS256/],
  ['a pair with an HMAC alg', { alg: 'HS256', ...rsa }, /a key pair takes/],
  ['alg none', { alg: 'none', ...rsa }, /a key pair takes/],
  ['a secret with alg RS256', { alg: 'RS256', secret: SECRETS.access }, /a secret takes HS256, HS384 or HS512/],
  ['a secret whose alg is a property of objects', { alg: 'constructor', secret: SECRETS.access }, /a secret takes/],
  ['a public key as a secret', { secret: rsa.publicKey }, /is a public key, not a secret/],
  ['a public PEM as a secret', pem('spki', rsa.publicKey), /is a key in PEM format/],
  ['a private PEM as a secret', { alg: 'HS512', secret: pem('pkcs8', rsa.privateKey) }, /is a key in PEM format/],
  [
    'two keys of one kid',
    [
      { alg: 'ES256', ...p256, kid: 'a' },
      { alg: 'RS256', ...rsa, kid: 'a' },
    ],
    /two keys of one kid/,
  ],
  ['no keys', [], /is empty; give at least one key/],
  ['nothing', undefined, /is missing \(is the environment variable set\?\)/],
  ['null', null, /is missing \(is the environment variable set\?\)/],
])('%s keeps the app from starting', async (_, access, problem) => {
  const { lines, text } = await refusalOf({ ...SECRETS, access: access as AccessKeys });
  expect(lines).toEqual([expect.stringMatching(problem)]);
  expect(lines[0]).toMatch(/^ {2}- secrets\.access /);
  expect(text).not.toMatch(/BEGIN|MII/);
});

test.each([undefined, null, [], [null], '', 5, rsa.publicKey, [SECRETS.refresh, 'short']])(
  'secrets.refresh of %p keeps the app from starting',
  async (refresh) => {
    const { lines } = await refusalOf({ ...SECRETS, refresh });
    expect(lines).toEqual([expect.stringMatching(/^ {2}- secrets\.refresh(\[\d\])? is .*(give|make one)/)]);
  },
);

test('one error shows every problem', async () => {
  const access = ['short', { alg: 'RS256', ...shortRsa }, { alg: 'ES256', ...p384 }];
  const { lines } = await refusalOf(
    { access, refresh: 'changeme' },
    { clockTolerance: 61, ttl: { access: 900_000 }, audience: '' },
  );
  const names = [
    'ttl.access',
    'clockTolerance',
    'secrets.access[0]',
    'secrets.access[1]',
    'secrets.access[2]',
    'secrets.refresh',
    'audience',
  ];
  for (const name of names) expect(lines.filter((line) => line.startsWith(`  - ${name} `))).toHaveLength(1);
  expect(lines).toHaveLength(names.length);
});

test.each([61, '2m', Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, '5', '5000', 5000])(
  'a clock tolerance of %p keeps the app from starting',
  async (clockTolerance) => {
    const { lines } = await refusalOf(SECRETS, { clockTolerance: clockTolerance as number });
    expect(lines).toEqual([expect.stringMatching(/^ {2}- clockTolerance is /)]);
  },
);

test.each([0, 60, '1m', '5s'])('a clock tolerance of %p is fine', async (clockTolerance) => {
  await (await startApp({ options: { clockTolerance } })).close();
});

test('without the option, clocks may differ by 5 s: a token lives 4 s past its end, and not 5', async () => {
  const app = await startApp();
  try {
    const user = await signUp(app);
    const me = () => app.as(user.access).get('/auth/me');
    app.clock.advance(15 * 60 + 4);
    await me().expect(200);
    app.clock.advance(1);
    expect((await me().expect(401)).body.code).toBe('token_expired');
  } finally {
    await app.close();
  }
});
