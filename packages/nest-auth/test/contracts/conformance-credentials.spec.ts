import { type CredentialStore, memoryStores } from '@acme/nest-auth';
import { credentialStoreConformance } from '@acme/nest-auth/testing';
import { describe, expect, test } from '@jest/globals';
import { changed, failuresOf, turn } from '../support/contracts/broken-store.js';

/** The promises that a credential store breaks, by the titles of the kit's tests. */
function brokenCredentials(change: (honest: CredentialStore) => Partial<CredentialStore>): Promise<string[]> {
  const honest = memoryStores().credentialStore;
  const store = changed(honest, change(honest));
  return failuresOf((test) => credentialStoreConformance({ test, factory: () => store }));
}

describe('the kit for credentials', () => {
  const EXACT = 'CredentialStore: data comes back exactly, from create and from update';
  const LOOK_ALIKE = 'CredentialStore: keys that look alike are different: case, accents, spaces, wildcards';
  const WHATEVER = 'CredentialStore: a value that is not a string finds, changes and deletes nothing';

  test('finds nothing wrong with a store that is right', async () => {
    expect(await brokenCredentials(() => ({}))).toEqual([]);
  });

  test('catches an update that looks at the version, thinks and then writes', async () => {
    const versions = new Map<string, number>();
    const failures = await brokenCredentials((honest) => ({
      update: async (id, version, patch) => {
        if (version !== (versions.get(id) ?? 1)) return honest.update(id, version, patch);
        await turn();
        // Writes without checking the version.
        const current = versions.get(id) ?? 1;
        const isDone = await honest.update(id, current, patch);
        if (isDone) versions.set(id, current + 1);
        return isDone;
      },
    }));
    expect(failures).toContain('CredentialStore: of 50 updates of one version one wins');
    expect(failures).toContain('CredentialStore: each version is won once, in 20 duels');
  });

  test('catches a creation that looks for the key before it writes', async () => {
    const failures = await brokenCredentials((honest) => ({
      create: async (credential) => {
        const isTaken = (await honest.find(credential.kind, credential.key)) !== null;
        await turn();
        await honest.create(credential);
        return !isTaken;
      },
    }));
    expect(failures).toContain('CredentialStore: of 50 creators with one key one succeeds');
  });

  test('catches a creation that overwrites', async () => {
    const failures = await brokenCredentials((honest) => ({
      create: async (credential) => {
        const found = await honest.find(credential.kind, credential.key);
        if (found) await honest.delete(found.userId, found.id);
        return honest.create(credential);
      },
    }));
    expect(failures).toContain(
      'CredentialStore: create with a taken id or key returns false, and leaves the first credential unchanged',
    );
  });

  test.each<[string, (key: string) => string]>([
    ['capitals', (key) => key.toLowerCase()],
    ['accents', (key) => key.normalize('NFD').replace(/\p{M}/gu, '')],
    ['spaces at the end', (key) => key.trimEnd()],
    ['ß for ss', (key) => key.replace('ß', 'ss')],
    ['full width', (key) => key.normalize('NFKC')],
    ['composed characters', (key) => key.normalize('NFC')],
    ['all emoji for one', (key) => key.replace(/\p{Emoji_Presentation}/gu, '?')],
    ['numbers for one', (key) => (Number.isFinite(Number(key)) ? String(Number(key)) : key)],
  ])('catches keys that are compared without regard to %s', async (_, fold) => {
    const folded = (key: unknown) => (typeof key === 'string' ? fold(key) : key) as string;
    const failures = await brokenCredentials((honest) => ({
      create: (credential) => honest.create({ ...credential, key: folded(credential.key) }),
      find: (kind, key) => honest.find(kind, folded(key)),
      update: (id, version, patch) =>
        honest.update(id, version, patch?.key === undefined ? patch : { ...patch, key: folded(patch.key) }),
    }));
    expect(failures).toContain(LOOK_ALIKE);
  });

  test.each<[string, (data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>]>([
    ['loses null', (data) => JSON.parse(JSON.stringify(data), (_, value) => value ?? undefined)],
    [
      'rounds numbers',
      (data) => JSON.parse(JSON.stringify(data), (_, v) => (typeof v === 'number' ? Math.fround(v) : v)),
    ],
    ['loses NUL', (data) => JSON.parse(JSON.stringify(data).replaceAll('\\u0000', ''))],
    ['replaces lone surrogates', (data) => JSON.parse(JSON.stringify(data).replaceAll('\\ud800', '\ufffd'))],
  ])('catches a store that %s in data', async (_, lossy) => {
    const isObject = (data: unknown) => typeof data === 'object' && data !== null && !Array.isArray(data);
    const failures = await brokenCredentials((honest) => ({
      create: (credential) =>
        honest.create(isObject(credential?.data) ? { ...credential, data: lossy(credential.data) } : credential),
    }));
    expect(failures).toContain(EXACT);
  });

  test('catches data that JSON changes, and that reaches a prototype', async () => {
    const failures = await brokenCredentials((honest) => ({
      create: (credential) => honest.create({ ...credential, data: JSON.parse(JSON.stringify(credential.data)) }),
    }));
    expect(failures).toContain(
      'CredentialStore: a credential with a field of the wrong type is refused, and nothing is written',
    );
  });

  test.each<[string, string, (honest: CredentialStore) => Partial<CredentialStore>]>([
    [
      'reads a kind of null as every kind',
      WHATEVER,
      (honest) => ({ list: (userId, kind) => honest.list(userId, kind ?? undefined) }),
    ],
    [
      'deletes every kind if the kind has the wrong type',
      WHATEVER,
      (honest) => ({
        deleteAll: (userId, kind) => honest.deleteAll(userId, typeof kind === 'string' ? kind : undefined),
      }),
    ],
    [
      'takes a version as text',
      'CredentialStore: a version of the wrong type is not "any"',
      (honest) => ({ update: (id, version, patch) => honest.update(id, Number(version), patch) }),
    ],
    [
      'ignores a patch of the wrong type',
      'CredentialStore: a patch with a field of the wrong type is refused, and changes nothing',
      (honest) => ({ update: (id, version, patch) => honest.update(id, version, patch).catch(() => false) }),
    ],
    [
      'deletes what belongs to somebody else',
      'CredentialStore: delete removes a credential of the user, once, and its key is free again',
      (honest) => {
        const owners = new Map<string, string>();
        return {
          create: (credential) => {
            owners.set(credential?.id, credential?.userId);
            return honest.create(credential);
          },
          delete: (_, id) => honest.delete(owners.get(id) ?? '', id),
        };
      },
    ],
    [
      'lists the newest first',
      'CredentialStore: list returns the oldest first, then by id; of one kind or of all',
      (honest) => ({ list: async (userId, kind) => [...(await honest.list(userId, kind))].reverse() }),
    ],
    [
      'deletes all kinds for one',
      'CredentialStore: deleteAll removes one kind or all of a user, and tells how many',
      (honest) => ({ deleteAll: (userId) => honest.deleteAll(userId) }),
    ],
    [
      'hides what has expired',
      'CredentialStore: an expired credential is still found, listed and updated',
      (honest) => ({
        find: async (kind, key) => {
          const found = await honest.find(kind, key);
          return found?.expiresAt && found.expiresAt < new Date() ? null : found;
        },
      }),
    ],
    [
      'changes all but the key',
      'CredentialStore: a changed key is found, and the old one is free again',
      (honest) => ({ update: (id, version, { key: _, ...patch }) => honest.update(id, version, patch) }),
    ],
    [
      'forgets the milliseconds',
      'CredentialStore: a credential is found as it was created, to the millisecond, with version 1',
      (honest) => ({
        find: async (kind, key) => {
          const found = await honest.find(kind, key);
          return found && { ...found, createdAt: new Date(Math.floor(found.createdAt.getTime() / 1000) * 1000) };
        },
      }),
    ],
  ])('catches a store that %s', async (_, title, change) => {
    expect(await brokenCredentials(change)).toContain(title);
  });
});
