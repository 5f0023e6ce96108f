import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { ResourceServerOptions } from './resource-server-options.js';
import { resolveResourceServerSettings } from './resource-server-settings.js';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = ec.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const jwk = { ...ec.publicKey.export({ format: 'jwk' }), kid: 'a', alg: 'ES256' };
const base = { issuer: 'https://auth.example.org', audience: 'notes' };
const remote = { ...base, jwksUri: 'https://auth.example.org/.well-known/jwks.json' };

const resolve = (options: object) => resolveResourceServerSettings(options as ResourceServerOptions);

function refusal(options: unknown): string {
  try {
    resolve(options as object);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_configuration' });
    return (error as Error).message;
  }
  return 'accepted';
}

test('the defaults are the documented ones', () => {
  expect(resolve(remote)).toMatchObject({
    audience: ['notes'],
    clockTolerance: 5,
    maxAge: 3600,
    jwks: { timeout: 5, refresh: 300, maxStale: 3600 },
    clock: Date.now,
  });
});

test.each<[string, unknown]>([
  ['a public key', { alg: 'ES256', publicKey: pem }],
  [
    'a list of them',
    [
      { alg: 'ES256', publicKey: pem },
      { alg: 'ES256', publicKey: ec.publicKey, kid: 'b' },
    ],
  ],
  ['a secret', randomBytes(32).toString('base64url')],
  ['a JWK Set', { keys: [jwk] }],
])('keys are accepted as %s', (_, keys) => {
  expect(resolve({ ...base, keys }).keys?.size).toBeGreaterThan(0);
});

test('a private key is not kept', () => {
  const { keys } = resolve({ ...base, keys: { alg: 'ES256', ...ec } });
  expect([...keys!.values()]).toEqual([expect.objectContaining({ alg: 'ES256', signingKey: undefined })]);
});

test('every problem is named at once, each with its option and its remedy', () => {
  const lines = refusal({
    keys: ['short', { alg: 'ES256', publicKey: 'hunter2 is no PEM' }],
    jwksUri: 'https://auth.example.org/keys',
    audience: [],
    clockTolerance: '2m',
    maxAge: '7d',
    jwksTimeout: 0,
    jwksRefresh: 1,
    secrets: {},
    globalGuard: false,
  }).split('\n');
  for (const [option, remedy] of [
    ['keys[0]', /is shorter than 32 bytes/],
    ['keys[1]', /cannot be read as a key in PEM format/],
    ['jwksUri', /is given beside keys; leave one of them out/],
    ['issuer', /is missing; write the issuer that the other app is configured with/],
    ['audience', /is missing; write how the issuer names this service/],
    ['clockTolerance', /it must be 0 to 60/],
    ['maxAge', /it must be 1 to 86400/],
    ['jwksTimeout', /it must be 1 to 60/],
    ['jwksRefresh', /it must be 10 to 86400/],
    ['secrets', /is not an option of a resource server; choose from jwksUri, keys, /],
    ['globalGuard', /shapes the module; write it beside useFactory/],
  ] as const) {
    expect(lines.filter((line) => line.startsWith(`  - ${option} `)).join()).toMatch(remedy);
  }
  expect(lines.join()).not.toContain('hunter2');
});

describe('a configuration that would be weak or wrong is refused', () => {
  test.each<[string, object, RegExp]>([
    ['no keys at all', base, /jwksUri is missing; give the address of the issuer's keys, or keys/],
    ['keys over http', { ...remote, jwksUri: 'http://auth.example.org/keys' }, /jwksUri does not begin with https/],
    ['no issuer', { ...remote, issuer: '' }, /issuer is empty/],
    ['an issuer that is no string', { ...remote, issuer: ['a', 'b'] }, /issuer is a list; write the issuer/],
    ['no audience', { ...remote, audience: undefined }, /audience is missing/],
    [
      'an empty audience',
      { ...remote, audience: ['notes', ''] },
      /audience\[1\] is empty \(is the environment variable set\?\); write how the issuer names this service/,
    ],
    ['a weak secret', { ...base, keys: 'changeme'.repeat(5) }, /keys /],
    ['a public key without its alg', { ...base, keys: pem }, /keys is a key in PEM format, which needs its alg/],
    ['no key in a list', { ...base, keys: [] }, /keys is empty/],
    ['a JWK Set without a usable key', { ...base, keys: { keys: [] } }, /keys has no key with a kid/],
    [
      'a JWK Set with a private key',
      { ...base, keys: { keys: [{ ...jwk, d: 'hunter2' }] } },
      /keys has a key that is not public/,
    ],
    ['keys of null', { ...base, keys: null }, /keys is missing/],
    ['a tolerance of infinity', { ...remote, clockTolerance: Number.POSITIVE_INFINITY }, /clockTolerance is Infinity/],
    ['an age in milliseconds', { ...remote, maxAge: 900_000 }, /looks like milliseconds/],
    ['keys that are always too old', { ...remote, jwksMaxStale: '5m' }, /jwksMaxStale is shorter than jwksRefresh and/],
    ['keys that are good for ever', { ...remote, jwksMaxStale: '30d' }, /jwksMaxStale is 2592000 seconds/],
  ])('%s', (_, options, problem) => {
    expect(refusal(options)).toMatch(problem);
    expect(refusal(options)).not.toContain('hunter2');
  });

  test.each([undefined, null])('a factory that returns %p', (nothing) => {
    expect(refusal(nothing)).toMatch(/options are missing; return them from useFactory or createResourceServerOptions/);
  });
});
