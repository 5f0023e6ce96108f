import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Where a key is meant to be used. */
export type Environment = 'live' | 'test';

/** The beginning of every key, which scanners for leaked secrets look for. */
export const PREFIX = 'nak_';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62^43 is a little more than 2^256, and 62^6 more than the 2^32 of the checksum. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
/** Only letters and digits, so that a double click selects the whole key. */
const FORM = new RegExp(`^${PREFIX}(live|test)_[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);

/** A new key: 256 random bits, and a checksum. */
export function makeKey(environment: Environment): string {
  const secret = Array.from({ length: SECRET_LENGTH }, () => DIGITS.charAt(randomInt(DIGITS.length)));
  const text = `${PREFIX}${environment}_${secret.join('')}`;
  return text + checksumOf(text);
}

/** Whether a text has the form and the checksum of a key. Whether the key exists is not checked. */
export function isKey(text: string, environment: Environment): boolean {
  if (FORM.exec(text)?.[1] !== environment) return false;
  return text.slice(-CHECKSUM_LENGTH) === checksumOf(text.slice(0, -CHECKSUM_LENGTH));
}

/** What is stored of a key. A fast hash is enough, because nobody can guess 256 bits. */
export function digestOf(key: string): string {
  return hash('sha256', key, 'base64url');
}

function checksumOf(text: string): string {
  let digits = '';
  let rest = crc32(text);
  for (let n = 0; n < CHECKSUM_LENGTH; n++) {
    digits = DIGITS.charAt(rest % DIGITS.length) + digits;
    rest = Math.floor(rest / DIGITS.length);
  }
  return digits;
}
