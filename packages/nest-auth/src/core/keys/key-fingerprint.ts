import { createHash } from 'node:crypto';
import type { RingKey } from './key-ring.js';

/** Equal fingerprints mean that two verifiers accept the same tokens. A fingerprint reveals no key. */
export function fingerprintOf(...parts: readonly (Iterable<RingKey> | string | undefined)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    if (typeof part === 'string' || part === undefined) hash.update(`${part}\0`);
    else for (const { verificationKey: key } of part) hash.update(key.type === 'secret' ? key.export() : spki(key));
  }
  return hash.digest('base64url');
}

function spki(key: RingKey['verificationKey']): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}
