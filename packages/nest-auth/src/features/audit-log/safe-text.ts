const MOST = 256;

/** Control and format characters, halves of surrogate pairs, and the two Unicode line separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * A JWT, a token or key of the library, a hash of a password. No event should carry one, but a user may paste one into the
 * login field. Logins are in lower case here, so case is ignored.
 */
const SECRETS = [
  /\beyJ[\w-]{8,}\.[\w-]*\.?[\w-]*/gi,
  /\bna[rk]_[\w-]{16,}/gi,
  /\$(?:2[abxy]|argon2(?:id|i|d)|scrypt|pbkdf2[\w-]*)\$\S*/gi,
];

/** A text that can be written to a log: one line, bounded, and without what looks like a secret. */
export function safeText(text: string, most = MOST): string {
  // Cut after redacting: a cut secret would not be recognised. Bounded before it, to limit the time.
  const bounded = text.slice(0, 4 * MOST).replace(UNPRINTABLE, '\uFFFD');
  const clean = SECRETS.reduce((cleaned, secret) => cleaned.replace(secret, '[redacted]'), bounded);
  return clean.slice(0, most).replace(UNPRINTABLE, '\uFFFD');
}

/** Whether the name of a field suggests a secret. */
export function isSecretName(name: string): boolean {
  return /passw|secret|token|hash|cookie|authorization|private/i.test(name);
}
