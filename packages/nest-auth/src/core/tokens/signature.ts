import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import type { RingKey, SigningAlgorithm } from '../keys/key-ring.js';

/** Whether a base64url signature of a text was made with this key. */
export type SignatureCheck = (input: string, signature: string, key: RingKey) => boolean;

/** Compares the MACs of one algorithm, all of one length. The buffers are reused. */
class MacCheck {
  readonly #expected: Buffer;
  readonly #given: Buffer;

  constructor(
    private readonly hash: string,
    length: number,
  ) {
    this.#expected = Buffer.alloc(length);
    this.#given = Buffer.alloc(length);
  }

  /** Compares text, because each MAC has only one spelling; as UTF-8, so that no other character has the same bytes. */
  isOf(input: string, signature: string, key: KeyObject): boolean {
    const [expected, given] = [this.#expected, this.#given];
    expected.write(createHmac(this.hash, key).update(input).digest('base64url'));
    const isWhole = signature.length === given.length && given.write(signature) === given.length;
    return isWhole && timingSafeEqual(given, expected);
  }
}

const MACS: Readonly<Partial<Record<SigningAlgorithm, MacCheck>>> = {
  HS256: new MacCheck('sha256', 43),
  HS384: new MacCheck('sha384', 64),
  HS512: new MacCheck('sha512', 86),
};

/**
 * The signatures of RFC 7518 §3, each in its canonical spelling only. The key determines the algorithm; nothing in the
 * token does.
 */
export const isSigned: SignatureCheck = (input, signature, key) => {
  const { alg, verificationKey } = key;
  if (verificationKey.type === 'secret') return MACS[alg]?.isOf(input, signature, verificationKey) ?? false;
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.toString('base64url') !== signature) return false;
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
