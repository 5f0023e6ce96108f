import { expect, test } from '@jest/globals';
import { BcryptHasher } from '../../hashers/bcrypt-hasher.js';
import { unknownScheme } from './hash-scheme.js';

const DIGEST = 'a1B2c3D4e5F6g7H8i9J0kL';
const BCRYPT = `$2b$12$${'x'.repeat(53)}`;
const recognises = (hash: string) => new BcryptHasher().recognises(hash);

test.each([
  [`${BCRYPT}${' '.repeat(20)}`, 'padded with spaces'],
  [`${BCRYPT}\n`, 'padded with spaces'],
  [BCRYPT.slice(0, 40), 'cut off or damaged, of the scheme $2b$'],
  [`$argon2id$v=19$m=19456,t=2,p=1$${DIGEST}$${DIGEST}`, 'of the scheme $argon2id$'],
  [`pbkdf2_sha256$720000$${DIGEST}$${DIGEST}`, 'of the scheme pbkdf2_sha256$'],
  [`$6$${DIGEST}$${DIGEST}`, 'of the scheme $6$'],
  [`{SSHA}${DIGEST}`, 'of the scheme {SSHA}'],
  ['5f4dcc3b5aa765d61d8327deb882cf99', 'digests in hex, as long as those of MD5'],
  [`$${DIGEST}$${DIGEST}`, 'of no known format'],
  ['', 'empty'],
  ['hunter2', 'of no known format'],
])('%j is %s; what follows the name of the scheme is not repeated', (stored, family) => {
  const scheme = unknownScheme(stored, recognises);
  expect(scheme.family).toBe(family);
  expect(scheme.remedy).not.toBe('');
  expect(JSON.stringify(scheme)).not.toMatch(new RegExp(`${DIGEST}|xxx|5f4dcc|hunter2`));
});
