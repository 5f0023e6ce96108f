import { KeyObject } from 'node:crypto';
import { type JwkSet, readJwkSet } from '../../core/keys/jwk-set.js';
import { type AccessKeys, type RingKey, readKeys, readVerificationKeys } from '../../core/keys/key-ring.js';
import { weakness } from '../../core/keys/secret.js';
import type { OptionReader } from '../option-reader.js';
import { isRecord, kindOf } from '../value-kind.js';
import { type Field, field, type TypeText, typed } from './field.js';

type Secret = string | KeyObject;
interface Doc {
  readonly doc: string;
}

const MISSING =
  'is missing (is the environment variable set?); make one with: node -p "crypto.randomBytes(32).toString(\'base64url\')"';

/** The keys that sign access tokens and verify them. */
export function accessKeys({ doc }: Doc): Field<AccessKeys, AccessKeys> {
  return secret(doc, typed<AccessKeys>('AccessKeys'), (at, given, found) => {
    addKeyProblems(at, readKeys(given as AccessKeys).problems, found);
    return given;
  });
}

/** Secrets. The first seals, all open. */
export function sealingSecrets({ doc }: Doc): Field<Secret | readonly Secret[], readonly Secret[]> {
  const type = typed<Secret>('string | KeyObject | readonly (string | KeyObject)[]');
  return secret(doc, type, (at, given, found) => {
    const secrets = [given].flat();
    if (secrets.length === 0) return found.add(at, MISSING);
    secrets.forEach((one: unknown, index) => {
      const isSecret = typeof one === 'string' || (one instanceof KeyObject && one.type === 'secret');
      const problem = isSecret ? weakness(one, 32) : `is ${kindOf(one)}; give a string of 32 random bytes`;
      if (problem) found.add(at, problem, Array.isArray(given) ? `[${index}]` : '');
    });
    return secrets;
  });
}

/** Keys that only verify. */
export function verificationKeys({
  doc,
}: Doc): Field<AccessKeys | JwkSet | undefined, ReadonlyMap<string, RingKey> | undefined> {
  const remedy = 'give a string of 32 random bytes or a key';
  return field(
    { doc },
    {
      type: 'AccessKeys | JwkSet',
      remedy,
      read(at, given, found) {
        // Only its own member counts, because every list has a method of this name.
        if (isRecord(given) && Object.hasOwn(given, 'keys')) return readSet(at, given, found);
        const { ring, problems } = readVerificationKeys(given as AccessKeys);
        addKeyProblems(at, problems, found);
        // This service signs nothing: a private key is not kept.
        return new Map(ring.map((key) => [key.kid, { ...key, signingKey: undefined }]));
      },
    },
  );
}

function readSet(at: string, given: object, found: OptionReader): ReadonlyMap<string, RingKey> {
  try {
    return readJwkSet(given);
  } catch (error) {
    found.add(
      at,
      error instanceof RangeError ? error.message : 'cannot be read; give a JWK Set as the issuer publishes it',
    );
    return new Map();
  }
}

function secret<F extends Field>(doc: string, type: TypeText<unknown>, read: Field['read']): F {
  return field(
    { doc, required: true, missing: MISSING },
    {
      type,
      remedy: MISSING,
      read: (at, given, found) => (isMissing(given) ? found.add(at, MISSING) : read(at, given, found)),
    },
  );
}

/** A problem begins with the index of its key, or with a space. */
function addKeyProblems(at: string, problems: readonly string[], found: OptionReader): void {
  for (const problem of problems) {
    const [index = '', ...words] = problem.split(' ');
    found.add(at, words.join(' '), index);
  }
}

/** Whether the value is a missing environment variable: alone, in a list or in a key. */
function isMissing(given: unknown): boolean {
  if (given === undefined || given === null || given === '') return true;
  if (Array.isArray(given)) return given.length > 0 && given.every(isMissing);
  return isRecord(given) && 'secret' in given && isMissing(given.secret);
}

/** The bytes of a symmetric key in any form, for comparison; `undefined` for other values. */
export function symmetricBytes(key: unknown): string | undefined {
  if (typeof key === 'string') return key === '' ? undefined : Buffer.from(key).toString('base64');
  if (typeof key !== 'object' || key === null) return undefined;
  if ('secret' in key) return symmetricBytes(key.secret);
  if (!('type' in key && key.type === 'secret' && 'export' in key && typeof key.export === 'function'))
    return undefined;
  return Buffer.from(key.export()).toString('base64');
}
