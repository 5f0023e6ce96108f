import { constants, createHmac, type KeyObject, sign as signWith } from 'node:crypto';
import { expect } from '@jest/globals';
import { bearer, type TestApp } from '../app.js';

/** Signs `header.payload` as an attacker, or somebody who has the key, would. */
export type Signer = (input: string) => Buffer | string;
export type Json = Record<string, unknown>;

export const hmac =
  (key: string | Buffer, bits: 256 | 384 | 512 = 256): Signer =>
  (input) =>
    createHmac(`sha${bits}`, key).update(input).digest();

export const ecdsa =
  (key: KeyObject): Signer =>
  (input) =>
    signWith('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });

export const rsa =
  (key: KeyObject): Signer =>
  (input) =>
    signWith('sha256', Buffer.from(input), key);

export const pss =
  (key: KeyObject): Signer =>
  (input) =>
    signWith('sha256', Buffer.from(input), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });

/** Base64url of an object as JSON, or of a text as it is. */
export function segment(part: object | string): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

/** A token made of segments that are already encoded. */
export function seal(header: string, payload: string, signer: Signer): string {
  const input = `${header}.${payload}`;
  return `${input}.${Buffer.from(signer(input)).toString('base64url')}`;
}

/** A token made of a header and a payload; each is an object or the exact text. */
export function forge(header: object | string, payload: object | string, signer: Signer): string {
  return seal(segment(header), segment(payload), signer);
}

export function open(token: string): { readonly header: Json; readonly payload: Json } {
  const [header, payload] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  return { header: JSON.parse(header!), payload: JSON.parse(payload!) };
}

/** A JSON text in which the value of one member is the given text: for values that JSON.stringify would not write. */
export function withRaw(payload: Json, name: string, text: string): string {
  return JSON.stringify({ ...payload, [name]: '@' }).replace('"@"', () => text);
}

/** Other spellings of a segment that a lenient decoder reads as the same bytes. */
export function respellings(part: string): string[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const spare = [1, 1, 16, 4][part.length % 4]!;
  const last = alphabet.indexOf(part.at(-1)!);
  const twins = [...alphabet].filter((_, index) => index !== last && ((index / spare) | 0) === ((last / spare) | 0));
  return [...twins.map((letter) => part.slice(0, -1) + letter), `${part}=`, `${part}==`, `${part}~`];
}

/** The token opens a private route. */
export async function expectAccepted({ http }: Pick<TestApp, 'http'>, token: string): Promise<void> {
  const { status, body } = await http.get('/auth/me').set(...bearer(token));
  expect({ status, code: body.code }).toEqual({ status: 200, code: undefined });
}

/** The token is refused as RFC 6750 requires, with our own message, and no part of the token is repeated. */
export async function expectRefused(
  { http }: Pick<TestApp, 'http'>,
  token: string,
  { code = 'invalid_token', realm = 'api' } = {},
): Promise<void> {
  const { status, body, headers, text } = await http.get('/auth/me').set(...bearer(token));
  const wanted = { statusCode: 401, error: 'Unauthorized', code, message: expect.any(String) };
  expect({ status, body }).toEqual({ status: 401, body: wanted });
  expect(headers['www-authenticate']).toBe(`Bearer realm="${realm}", error="invalid_token"`);
  const answer = text + JSON.stringify(headers);
  for (const part of token.split('.').filter(({ length }) => length > 8)) expect(answer).not.toContain(part);
}
