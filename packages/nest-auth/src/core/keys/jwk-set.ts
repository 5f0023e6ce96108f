import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { type AsymmetricAlgorithm, checkShape, type RingKey } from './key-ring.js';

/** A JWK Set (RFC 7517 §5), as issuers publish it. */
export interface JwkSet {
  readonly keys: readonly object[];
}

type Members = Readonly<Record<string, unknown>>;

/** What makes a key private (RFC 7518 §6.2.2, §6.3.2), or symmetric. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
/** The public members of a key that we can use, by its algorithm. */
const PUBLIC: Readonly<Record<AsymmetricAlgorithm, readonly string[]>> = {
  ES256: ['kty', 'crv', 'x', 'y'],
  PS256: ['kty', 'n', 'e'],
  RS256: ['kty', 'n', 'e'],
};
const MAX_KID_LENGTH = 255;

/**
 * The keys of a set that can verify access tokens. Issuers publish others too, which are ignored: other algorithms,
 * keys for encryption, keys that are too weak or have no name.
 * @throws RangeError when the set is invalid, has no such key, has two keys of one name, or contains secrets; the
 * message contains nothing of the set
 */
export function readJwkSet(set: unknown): ReadonlyMap<string, RingKey> {
  const members = typeof set === 'object' && set !== null ? (set as { readonly keys?: unknown }).keys : undefined;
  if (!Array.isArray(members)) throw new RangeError('is not a JWK Set; it needs a list named keys');
  const ring = new Map<string, RingKey>();
  for (const jwk of members as readonly unknown[]) {
    // An issuer that published one secret may have published others: none of its signatures prove anything.
    if (isSecret(jwk)) throw new RangeError('has a key that is not public; publish public keys only');
    const key = readJwk(jwk);
    if (key && ring.has(key.kid)) throw new RangeError('has two keys of one kid');
    if (key) ring.set(key.kid, key);
  }
  if (ring.size === 0) throw new RangeError('has no key with a kid, and ES256, PS256 or RS256 as its alg');
  return ring;
}

/** Whether two sets would accept the same tokens. */
export function isSameSet(one: ReadonlyMap<string, RingKey>, other: ReadonlyMap<string, RingKey>): boolean {
  const isIn = ({ kid, alg, verificationKey }: RingKey): boolean => {
    const twin = other.get(kid);
    return twin !== undefined && twin.alg === alg && twin.verificationKey.equals(verificationKey);
  };
  return one.size === other.size && [...one.values()].every(isIn);
}

function isSecret(jwk: unknown): boolean {
  if (typeof jwk !== 'object' || jwk === null) return false;
  return (jwk as Members).kty === 'oct' || PRIVATE.some((name) => Object.hasOwn(jwk, name));
}

function readJwk(jwk: unknown): RingKey | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined;
  const { kid, alg, use, key_ops: operations } = jwk as Members;
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH) return undefined;
  // Never guessed from the type of the key: an RSA key is pinned to one of its two algorithms (RFC 8725 §3.1).
  if (typeof alg !== 'string' || !Object.hasOwn(PUBLIC, alg)) return undefined;
  if (use !== undefined && use !== 'sig') return undefined;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return undefined;
  return parse(jwk as Members, kid, alg as AsymmetricAlgorithm);
}

function parse(jwk: Members, kid: string, alg: AsymmetricAlgorithm): RingKey | undefined {
  const parameters = Object.fromEntries(PUBLIC[alg].map((name) => [name, jwk[name]])) as JsonWebKey;
  try {
    const verificationKey = createPublicKey({ key: parameters, format: 'jwk' });
    checkShape(alg, verificationKey);
    return { kid, alg, signingKey: undefined, verificationKey, jwk: { ...parameters, kid, alg, use: 'sig' } };
  } catch {
    return undefined;
  }
}
