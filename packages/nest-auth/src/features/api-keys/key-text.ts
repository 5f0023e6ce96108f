import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Where a key is meant to be used. */
export type Environment = 'live' | 'test';

/** How every key begins: what scanners for leaked secrets look for. */
export const PREFIX = 'nak_';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_BYTES = 32;
/** The digits of 256 bits, and of the 32 bits of the checksum, in base 62. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
/** Letters and digits alone, so that a double click selects all of it. */
const FORM = new RegExp(`^${PREFIX}(live|test)_[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);

/** A new key: 256 random bits, and a checksum. */
export function makeKey(environment: Environment): string {
  const secret = BigInt(`0x${randomBytes(SECRET_BYTES).toString('hex')}`);
  const text = `${PREFIX}${environment}_${inBase62(secret, SECRET_LENGTH)}`;
  return text + checksumOf(text);
}

/** Whether a text has the form and the checksum of a key. It says nothing about whether there is such a key. */
export function isKey(text: string, environment: Environment): boolean {
  if (FORM.exec(text)?.[1] !== environment) return false;
  return text.slice(-CHECKSUM_LENGTH) === checksumOf(text.slice(0, -CHECKSUM_LENGTH));
}

/** What is stored of a key. A fast hash does: nobody guesses 256 bits. */
export function digestOf(key: string): string {
  return hash('sha256', key, 'base64url');
}

function checksumOf(text: string): string {
  return inBase62(BigInt(crc32(text)), CHECKSUM_LENGTH);
}

function inBase62(value: bigint, length: number): string {
  let digits = '';
  for (let rest = value; digits.length < length; rest /= 62n) digits = DIGITS.charAt(Number(rest % 62n)) + digits;
  return digits;
}
