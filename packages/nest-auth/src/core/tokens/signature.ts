import { constants, createHmac, timingSafeEqual, verify } from 'node:crypto';
import type { HmacAlgorithm, RingKey } from './key-ring.js';

/** Whether a signature, in base64url, is a key's own for a text. */
export type SignatureCheck = (input: string, signature: string, key: RingKey) => boolean;

const HMAC_HASHES: Readonly<Record<HmacAlgorithm, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

/**
 * The signatures of RFC 7518 §3, each in its only spelling. The key says which algorithm it is; nothing of the token
 * is asked.
 */
export const isSigned: SignatureCheck = (input, signature, key) => {
  if (key.verificationKey.type === 'secret') return isMac(input, signature, key);
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.toString('base64url') !== signature) return false;
  const { alg, verificationKey } = key;
  const text = Buffer.from(input);
  switch (alg) {
    case 'ES256':
      // r and s, 32 bytes each, and nothing else (RFC 7518 §3.4).
      return bytes.length === 64 && verify('sha256', text, { key: verificationKey, dsaEncoding: 'ieee-p1363' }, bytes);
    case 'PS256': {
      const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
      return verify('sha256', text, { key: verificationKey, ...padding }, bytes);
    }
    case 'RS256':
      return verify('sha256', text, { key: verificationKey, padding: constants.RSA_PKCS1_PADDING }, bytes);
    default:
      return false;
  }
};

/** Compared as text, of which there is one spelling; as UTF-8, in which no foreign character can pass for one of it. */
function isMac(input: string, signature: string, { alg, verificationKey }: RingKey): boolean {
  const hash = HMAC_HASHES[alg as HmacAlgorithm];
  if (hash === undefined) return false;
  const expected = Buffer.from(createHmac(hash, verificationKey).update(input).digest('base64url'));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
