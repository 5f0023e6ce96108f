import {
  constants,
  createHmac,
  createPrivateKey,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { ecdsa, hmac, pss, respellings, rsa, type Signer } from '../../../test/support/keys/forge.js';
import { type AccessKey, KeyRing, type RingKey } from '../keys/key-ring.js';
import { isSigned } from './signature.js';

const INPUT = 'header.payload';
const secret = randomBytes(64).toString('base64url');
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const keyOf = (key: AccessKey): RingKey => new KeyRing(key).signer;
const encode = (bytes: Buffer | string) => Buffer.from(bytes).toString('base64url');

const KEYS: readonly (readonly [string, RingKey, Signer])[] = [
  ['HS256', keyOf({ alg: 'HS256', secret }), hmac(secret)],
  ['HS384', keyOf({ alg: 'HS384', secret }), hmac(secret, 384)],
  ['HS512', keyOf({ alg: 'HS512', secret }), hmac(secret, 512)],
  ['ES256', keyOf({ alg: 'ES256', privateKey: ec }), ecdsa(ec)],
  ['PS256', keyOf({ alg: 'PS256', privateKey: rsaKey }), pss(rsaKey)],
  ['RS256', keyOf({ alg: 'RS256', privateKey: rsaKey }), rsa(rsaKey)],
];

/** The exact octets of RFC 7515 appendix A.1 and A.3. */
const RFC_INPUT = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';

describe.each(KEYS)('%s', (alg, key, signer) => {
  const genuine = encode(signer(INPUT));
  const wrong = (signature: string, input = INPUT) => expect(isSigned(input, signature, key)).toBe(false);

  test('accepts its own signature, for its own text', () => {
    expect(isSigned(INPUT, genuine, key)).toBe(true);
    for (const input of ['', 'header.payloae', 'header.payload.', 'Header.payload', `${INPUT}\0`])
      wrong(genuine, input);
  });

  test('refuses every other algorithm and every other key', () => {
    const foreign = KEYS.filter(([name]) => name !== alg).map(([, , other]) => other);
    for (const other of [...foreign, hmac(randomBytes(32)), hmac(''), hmac(key.kid)]) wrong(encode(other(INPUT)));
  });

  test('refuses what is cut, extended, altered by one bit, empty or of any other length', () => {
    const bytes = Buffer.from(genuine, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      const altered = Buffer.from(bytes);
      altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      wrong(encode(altered));
    }
    for (let length = 0; length < bytes.length; length++) wrong(encode(bytes.subarray(0, length)));
    for (const more of [[0], [0, 0], bytes]) wrong(encode(Buffer.concat([bytes, Buffer.from(more)])));
    for (const more of [[0], [0, 0]]) wrong(encode(Buffer.concat([Buffer.from(more), bytes])));
    for (const fill of [0x00, 0x01, 0x7f, 0xff]) wrong(encode(Buffer.alloc(bytes.length, fill)));
  });

  test('refuses a second spelling of the same bytes', () => {
    const [text, signature] = spelledOtherwise(signer);
    expect(isSigned(text, signature, key)).toBe(true);
    const bytes = Buffer.from(signature, 'base64url');
    // A character whose low byte is correct.
    const wide = String.fromCharCode(signature.charCodeAt(0) + 0x100) + signature.slice(1);
    const others = [bytes.toString('base64'), bytes.toString('hex'), wide, ` ${signature}`, `${signature}\n`];
    for (const spelling of [...respellings(signature), ...others]) wrong(spelling, text);
  });
});

/** A text whose signature is spelled differently in the standard alphabet of base64. Not every signature is. */
function spelledOtherwise(signer: Signer): readonly [string, string] {
  for (let number = 0; ; number++) {
    const text = `${INPUT}${number}`;
    const signature = encode(signer(text));
    if (/[-_]/.test(signature)) return [text, signature];
  }
}

describe('ES256', () => {
  const [, key] = KEYS[3] as (typeof KEYS)[number];
  const n = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
  const genuine = Buffer.from(ecdsa(ec)(INPUT));
  const [r, s] = [genuine.subarray(0, 32), genuine.subarray(32)];
  const [zero, one] = [Buffer.alloc(32), Buffer.from(n.map((_, index) => (index === 31 ? 1 : 0)))];

  test.each<[string, readonly Buffer[]]>([
    ['r and s zero, the psychic signature', [zero, zero]],
    ['r zero', [zero, s]],
    ['s zero', [r, zero]],
    ['r and s the order of the curve', [n, n]],
    ['r the order', [n, s]],
    ['s the order', [r, n]],
    ['r and s one', [one, one]],
    ['r and s exchanged', [s, r]],
    ['the DER form', [sign('sha256', Buffer.from(INPUT), ec)]],
    ['a zero before each of r and s', [Buffer.alloc(1), r, Buffer.alloc(1), s]],
  ])('refuses %s', (_, parts) => {
    expect(isSigned(INPUT, encode(Buffer.concat(parts)), key)).toBe(false);
  });
});

test('PS256 wants a salt as long as the hash, as RFC 7518 §3.5 says', () => {
  const [, key] = KEYS[4] as (typeof KEYS)[number];
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const salted = (saltLength: number) => sign('sha256', Buffer.from(INPUT), { key: rsaKey, padding, saltLength });
  const accepted = [0, 20, 31, 32, 33, 64].filter((length) => isSigned(INPUT, encode(salted(length)), key));
  expect(accepted).toEqual([32]);
});

test('a key works only with its own algorithm: a public key is not an HMAC secret, and the reverse', () => {
  const pem = ec.export({ type: 'pkcs8', format: 'pem' });
  const [, hs] = KEYS[0] as (typeof KEYS)[number];
  const [, es] = KEYS[3] as (typeof KEYS)[number];
  const confused = { ...es, alg: 'HS256' } as RingKey;
  const spki = es.verificationKey.export({ type: 'spki', format: 'pem' });
  for (const text of [pem, spki]) {
    expect(isSigned(INPUT, encode(createHmac('sha256', text).update(INPUT).digest()), confused)).toBe(false);
  }
  expect(isSigned(INPUT, encode(hmac(secret)(INPUT)), { ...hs, alg: 'ES256' })).toBe(false);
});

describe('the examples of RFC 7515', () => {
  test('A.1, HS256', () => {
    const k = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow';
    const key = keyOf({ alg: 'HS256', secret: createSecretKey(k, 'base64url') });
    const input = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${RFC_INPUT}`;
    expect(isSigned(input, 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk', key)).toBe(true);
  });

  test('A.3, ES256', () => {
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
    };
    const key = keyOf({ alg: 'ES256', privateKey: createPrivateKey({ key: jwk, format: 'jwk' }) });
    const signature = 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q';
    expect(isSigned(`eyJhbGciOiJFUzI1NiJ9.${RFC_INPUT}`, signature, key)).toBe(true);
  });
});
