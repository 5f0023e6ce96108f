import { createHash, createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { deriveKey } from '../keys/secret.js';

/** The content of a genuine refresh token. */
export interface RefreshClaims {
  readonly sessionId: string;
  readonly generation: number;
  /** 32 bytes that only the token contains; the store keeps their digest. */
  readonly familySecret: Buffer;
}

const PREFIX = 'nar_';
const BODY_BYTES = 16 + 4 + 32;
const MAC_BYTES = 32;
/** 84 bytes are 112 characters without padding or spare bits: a token has exactly one spelling. */
const SHAPE = /^nar_[A-Za-z0-9_-]{112}$/;
export const LAST_GENERATION = 0xffff_ffff;

/** Whether a text has the form of the library's refresh tokens. No signature is checked. */
export function looksSealed(token: unknown): boolean {
  return typeof token !== 'string' || token.startsWith(PREFIX);
}

/**
 * Seals and opens refresh tokens: `nar_` + base64url(session id ‖ generation ‖ family secret ‖ MAC). The successor of a
 * token is computed from it, so that concurrent requests and retries all get the same one.
 */
export class RefreshTokenSeal {
  readonly #keys: readonly Buffer[];
  readonly #exchangeKeys: () => readonly Buffer[];

  /** @param secrets the first seals, all open */
  constructor(secrets: readonly (string | KeyObject)[]) {
    this.#keys = secrets.map((secret) => deriveKey(secret, 'refresh'));
    this.#exchangeKeys = () => secrets.map((secret) => deriveKey(secret, 'exchange'));
  }

  /**
   * The possible family secrets of the session for which a token of another system was exchanged, one for each key, the
   * current key's first. They are computed, so that copies of the token get the same session. Computing them takes both
   * the token and the library's key.
   */
  familySecretsOf(foreignToken: string): readonly [Buffer, ...Buffer[]] {
    const secrets = this.#exchangeKeys().map((key) => mac(key, Buffer.from(foreignToken)));
    return secrets as unknown as readonly [Buffer, ...Buffer[]];
  }

  seal({ sessionId, generation, familySecret }: RefreshClaims): string {
    const body = Buffer.alloc(BODY_BYTES);
    body.write(sessionId.replaceAll('-', ''), 'hex');
    body.writeUInt32BE(generation, 16);
    familySecret.copy(body, 20);
    return PREFIX + Buffer.concat([body, mac(this.#keys[0] as Buffer, body)]).toString('base64url');
  }

  /** @returns `null` unless this library sealed it with one of these keys. No I/O. */
  open(token: string): RefreshClaims | null {
    if (typeof token !== 'string' || !SHAPE.test(token)) return null;
    const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url');
    const body = bytes.subarray(0, BODY_BYTES);
    const sent = bytes.subarray(BODY_BYTES);
    if (sent.length !== MAC_BYTES || !this.#keys.some((key) => timingSafeEqual(mac(key, body), sent))) return null;
    return {
      sessionId: uuid(body.subarray(0, 16)),
      generation: body.readUInt32BE(16),
      familySecret: body.subarray(20),
    };
  }
}

export function newFamilySecret(): Buffer {
  return randomBytes(32);
}

/** A plain digest is enough: the secret has 256 random bits (NIST SP 800-63B §3.1.2). */
export function digest(familySecret: Buffer): string {
  return createHash('sha256').update(familySecret).digest('base64url');
}

export function isDigestOf(familySecret: Buffer, stored: string): boolean {
  const expected = Buffer.from(digest(familySecret));
  const actual = Buffer.from(stored);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function mac(key: Buffer, body: Buffer): Buffer {
  return createHmac('sha256', key).update(body).digest();
}

function uuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
