import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';

type GivenKey = string | KeyObject;

/** The minimum, in bytes. Somebody who guesses the secret can make a token for any user. */
const MIN_SECRET_BYTES = 16;

/** The key that checks old access tokens. @returns a text about the problem, without the key, if it does not fit */
export function readOldKey(key: GivenKey, alg: string): KeyObject | string {
  return alg.startsWith('HS') ? secretOf(key) : publicKeyOf(key, alg);
}

function secretOf(key: GivenKey): KeyObject | string {
  const isPem = typeof key === 'string' && key.includes('-----BEGIN ');
  if (isPem || (typeof key !== 'string' && key.type !== 'secret'))
    return 'is a public or private key, but alg needs a secret; write the alg that the old app signed with';
  const secret = typeof key === 'string' ? createSecretKey(Buffer.from(key)) : key;
  if ((secret.symmetricKeySize ?? 0) >= MIN_SECRET_BYTES) return secret;
  return `is shorter than ${MIN_SECRET_BYTES} bytes, so it can be guessed; leave access out: old access tokens end with the switch, and users log in again`;
}

function publicKeyOf(key: GivenKey, alg: string): KeyObject | string {
  const wanted = alg.startsWith('ES') ? 'ec' : 'rsa';
  try {
    const found = typeof key !== 'string' && key.type === 'public' ? key : createPublicKey(key as string);
    if (found.asymmetricKeyType === wanted) return found;
  } catch {
    // The error may quote the key.
  }
  return `is not the ${wanted.toUpperCase()} key that alg '${alg}' needs; give the public key in PEM format`;
}
