import { randomUUID } from 'node:crypto';
import type { CredentialStore, NewCredential } from '@acme/nest-auth';
import type { Conformance } from '../kit.js';

export interface CredentialStoreConformance extends Conformance<CredentialStore> {
  /** Makes a user for the credentials' `userId`, if a foreign key requires it. @default a random UUID */
  readonly userId?: () => string | Promise<string>;
}

/** A time to the millisecond, and later ones. */
const START = Date.parse('2030-03-31T00:59:59.123Z');
export const at = (seconds: number): Date => new Date(START + seconds * 1000);

export function credential(changes: Partial<NewCredential> = {}): NewCredential {
  return {
    id: randomUUID(),
    userId: randomUUID(),
    kind: 'kit',
    key: randomUUID(),
    data: { secret: 'conformance kit' },
    createdAt: at(0),
    lastUsedAt: null,
    expiresAt: null,
    ...changes,
  };
}

/** Opens the store and adds one credential of a new user. */
export function setUpOf({ factory, userId = randomUUID }: CredentialStoreConformance) {
  return async (changes: Partial<NewCredential> = {}) => {
    const store = await factory();
    const added = credential({ userId: await userId(), ...changes });
    await store.create(added);
    return { store, added, stored: { ...added, version: 1 } };
  };
}
