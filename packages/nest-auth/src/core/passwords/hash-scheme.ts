/** Why a stored hash cannot be checked, for the log: its family and the remedy, but nothing of the hash. */
export interface UnknownScheme {
  readonly family: string;
  readonly remedy: string;
}

/** Known prefixes of hashes. Only these appear in messages, because an unknown prefix could be part of a hash. */
const PREFIXES =
  /^(\$(?:argon2id?|argon2d|scrypt|pbkdf2(?:-\w{3,6})?|bcrypt-sha256|apr1|md5|sha1|gy|[1-9yPHS]|2[abxy]?)\$|(?:pbkdf2|bcrypt|argon2|scrypt|md5|sha1|sha256)(?:_\w{3,6})?\$|\{\w{2,12}\})/;
const HEX: Readonly<Record<number, string>> = { 32: 'MD5', 40: 'SHA-1', 64: 'SHA-256', 128: 'SHA-512' };
const ADD = 'Add a PasswordHasher that recognises them to password.accepts';

/** @param recognises whether a string is a hash that can be checked */
export function unknownScheme(stored: string, recognises: (hash: string) => boolean): UnknownScheme {
  const bare = stored.trim();
  if (bare !== stored && recognises(bare)) {
    const remedy =
      'The column is a CHAR: make it VARCHAR(255) or text, and trim the rows once (UPDATE … SET … = TRIM(…))';
    return { family: 'padded with spaces', remedy };
  }
  if (stored === '') return { family: 'empty', remedy: 'Store null for an account without a password' };
  const prefix = PREFIXES.exec(bare)?.[0];
  if (prefix && /^\$2[aby]?\$/.test(prefix)) {
    return { family: `cut off or damaged, of the scheme ${prefix}`, remedy: 'Make the column VARCHAR(255) or text' };
  }
  if (prefix) {
    const remedy = prefix.startsWith('$argon2')
      ? 'Add an Argon2Hasher of @acme/nest-auth/argon2 to password.accepts, or make it the password.hasher'
      : ADD;
    return { family: `of the scheme ${prefix}`, remedy };
  }
  const digest = /^[\da-f]+$/i.test(bare) ? HEX[bare.length] : undefined;
  if (digest) return { family: `digests in hex, as long as those of ${digest}`, remedy: ADD };
  return { family: 'of no known format', remedy: `They may be damaged, or no hashes at all. ${ADD}` };
}
