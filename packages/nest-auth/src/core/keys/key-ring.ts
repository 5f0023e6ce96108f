import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  KeyObject,
} from 'node:crypto';
import { deriveKey, weakness } from './secret.js';

export type HmacAlgorithm = 'HS256' | 'HS384' | 'HS512';
export type AsymmetricAlgorithm = 'ES256' | 'PS256' | 'RS256';
export type SigningAlgorithm = HmacAlgorithm | AsymmetricAlgorithm;

/** A symmetric key with its algorithm. @default `alg` is `'HS256'` */
export interface HmacKey {
  readonly alg?: HmacAlgorithm;
  readonly secret: string | KeyObject;
  readonly kid?: string;
}

/** A key pair as PEM or KeyObject. Without `privateKey` it verifies only. */
export interface KeyPair {
  readonly alg: AsymmetricAlgorithm;
  readonly privateKey?: string | KeyObject;
  readonly publicKey?: string | KeyObject;
  readonly kid?: string;
}

/** A bare string or KeyObject is an HS256 secret. */
export type AccessKey = string | KeyObject | HmacKey | KeyPair;
/** One key, or several: the first signs, all verify, `kid` chooses. */
export type AccessKeys = AccessKey | readonly AccessKey[];

/** A key ready for use: parsed once, pinned to one algorithm. */
export interface RingKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly signingKey: KeyObject | undefined;
  readonly verificationKey: KeyObject;
  /** The public half (RFC 7517); symmetric keys have none. */
  readonly jwk: JsonWebKey | undefined;
}

const HASH_BYTES = { HS256: 32, HS384: 48, HS512: 64 } as const;

/** The keys of access tokens. A `kid` only selects an entry of this Map (RFC 8725 §3.10). */
export class KeyRing {
  readonly #byKid: ReadonlyMap<string, RingKey>;
  readonly signer: RingKey;

  /** @throws RangeError listing every problem, without any key material */
  constructor(keys: AccessKeys) {
    const { ring, problems } = readKeys(keys);
    const signer = ring[0];
    if (!signer || problems.length > 0) throw new RangeError(problems.join('\n'));
    this.signer = signer;
    this.#byKid = new Map(ring.map((key) => [key.kid, key]));
  }

  get(kid: string): RingKey | undefined {
    return this.#byKid.get(kid);
  }

  /** All keys. The signing key comes first. */
  all(): readonly RingKey[] {
    return [...this.#byKid.values()];
  }

  /** The public keys as a JWK Set (RFC 7517 §5); empty when all keys are symmetric. */
  jwks(): { readonly keys: readonly JsonWebKey[] } {
    return { keys: [...this.#byKid.values()].flatMap(({ jwk }) => (jwk ? [jwk] : [])) };
  }
}

interface ReadKeys {
  readonly ring: readonly RingKey[];
  readonly problems: readonly string[];
}

/** Reads and checks keys as configured; each problem names the entry and what to do. */
export function readKeys(keys: AccessKeys): ReadKeys {
  const { ring, problems } = readVerificationKeys(keys);
  const mute = ring[0] !== undefined && ring[0].signingKey === undefined;
  const problem = ' begins with a key that cannot sign; the first needs a privateKey';
  return { ring, problems: mute ? [...problems, problem] : problems };
}

/** Like `readKeys`, for services that only verify: public keys are enough. */
export function readVerificationKeys(keys: AccessKeys): ReadKeys {
  const list = Array.isArray(keys) ? (keys as readonly AccessKey[]) : [keys as AccessKey];
  const ring: RingKey[] = [];
  const problems: string[] = [];
  list.forEach((key, index) => {
    const at = list.length > 1 ? `[${index}] ` : ' ';
    try {
      ring.push(readKey(key));
    } catch (error) {
      // Only the library's own messages are written for people; OpenSSL's could quote its input.
      problems.push(
        `${at}${error instanceof RangeError ? error.message : 'cannot be read as a key in PEM format; give all of it, line breaks included'}`,
      );
    }
  });
  if (list.length === 0) problems.push(' is empty; give at least one key');
  if (new Set(ring.map((key) => key.kid)).size < ring.length) problems.push(' has two keys of one kid');
  return { ring, problems };
}

function readKey(key: AccessKey): RingKey {
  if (typeof key === 'string' || key instanceof KeyObject) return readHmac({ secret: key });
  if (typeof key !== 'object' || key === null)
    throw new RangeError('is missing; give a string of 32 random bytes or a key');
  if ('secret' in key) return readHmac(key);
  return readPair(key);
}

function readHmac({ secret, alg = 'HS256', kid }: HmacKey): RingKey {
  if (!Object.hasOwn(HASH_BYTES, alg))
    throw new RangeError(`has alg '${String(alg)}'; a secret takes HS256, HS384 or HS512`);
  if (typeof secret !== 'string' && !(secret instanceof KeyObject)) throw new RangeError('is missing its secret');
  const problem = weakness(secret, HASH_BYTES[alg]);
  if (problem) throw new RangeError(problem);
  const key = typeof secret === 'string' ? createSecretKey(Buffer.from(secret)) : secret;
  const name = kid ?? deriveKey(secret, 'kid').subarray(0, 9).toString('base64url');
  return { kid: name, alg, signingKey: key, verificationKey: key, jwk: undefined };
}

function readPair({ alg, privateKey, publicKey, kid }: KeyPair): RingKey {
  if (alg !== 'ES256' && alg !== 'PS256' && alg !== 'RS256') {
    throw new RangeError(`has alg '${String(alg)}'; a key pair takes ES256, PS256 or RS256`);
  }
  const signingKey = typeof privateKey === 'string' ? createPrivateKey(privateKey) : privateKey;
  if (signingKey && signingKey.type !== 'private') throw new RangeError('has a privateKey that is not private');
  const source = publicKey ?? signingKey;
  if (!source) throw new RangeError('has neither a privateKey nor a publicKey');
  const verificationKey = source instanceof KeyObject && source.type === 'public' ? source : createPublicKey(source);
  checkShape(alg, verificationKey);
  if (signingKey && publicKey && !createPublicKey(signingKey).equals(verificationKey)) {
    throw new RangeError('has a publicKey that does not belong to its privateKey');
  }
  const parameters = verificationKey.export({ format: 'jwk' });
  const name = kid ?? thumbprint(parameters);
  return { kid: name, alg, signingKey, verificationKey, jwk: { ...parameters, kid: name, alg, use: 'sig' } };
}

/** @throws RangeError when a key does not fit its algorithm, or is too weak for it */
export function checkShape(alg: AsymmetricAlgorithm, key: KeyObject): void {
  const { modulusLength = 0, publicExponent = 0n, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (alg === 'ES256') {
    if (namedCurve !== 'prime256v1') throw new RangeError('is not on the curve P-256, which ES256 needs');
    return;
  }
  if (key.asymmetricKeyType !== 'rsa') throw new RangeError(`is not an RSA key, which ${alg} needs`);
  if (modulusLength < 2048) throw new RangeError(`is an RSA key of ${modulusLength} bits; use 3072 (2048 at least)`);
  if (publicExponent < 3n) throw new RangeError('is an RSA key with a public exponent below 3; use 65537');
}

/** RFC 7638: the required members, in alphabetical order. */
function thumbprint({ crv, e, kty, n, x, y }: JsonWebKey): string {
  const members = kty === 'EC' ? { crv, kty, x, y } : { e, kty, n };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}
