const MOST = 256;

/** Control and format characters, halves of surrogate pairs, and the two line ends that are none of them. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * What no event may carry, should one do it nevertheless: a JWT, a token or key of the library, a hash of a password.
 * Somebody may also have pasted it into the field of the login, which is in lower case by now.
 */
const SECRETS = [
  /\beyJ[\w-]{8,}\.[\w-]*\.?[\w-]*/gi,
  /\bna[rk]_[\w-]{16,}/gi,
  /\$(?:2[abxy]|argon2(?:id|i|d)|scrypt|pbkdf2[\w-]*)\$\S*/gi,
];

/** A text that can be written to a log: one line, bounded, and without what looks like a secret. */
export function safeText(text: string, most = MOST): string {
  // Cut behind, so that no cut leaves the beginning of a secret that is not recognised; bounded before, for the time.
  const bounded = text.slice(0, 4 * MOST).replace(UNPRINTABLE, '\uFFFD');
  const clean = SECRETS.reduce((cleaned, secret) => cleaned.replace(secret, '[redacted]'), bounded);
  return clean.slice(0, most).replace(UNPRINTABLE, '\uFFFD');
}

/** Whether a field of an event says by its name that it holds a secret. */
export function isSecretName(name: string): boolean {
  return /passw|secret|token|hash|cookie|authorization|private/i.test(name);
}
