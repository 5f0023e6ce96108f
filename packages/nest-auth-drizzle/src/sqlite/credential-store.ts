import type { CredentialStore } from '@acme/nest-auth';
import { credentialStoreOf } from '../credential-store.js';
import type { Database } from './database.js';
import type { CredentialsTable } from './schema.js';

export function sqliteCredentialStore(db: Database, credentials: CredentialsTable): CredentialStore {
  const { id } = credentials;
  return credentialStoreOf(credentials, {
    insert: async (row) => (await db.insert(credentials).values(row).onConflictDoNothing().returning({ id })).length,
    select: (where, order) =>
      db
        .select()
        .from(credentials)
        .where(where)
        .orderBy(...order)
        .$withCache(false),
    update: async (changes, where) => (await db.update(credentials).set(changes).where(where).returning({ id })).length,
    delete: async (where) => (await db.delete(credentials).where(where).returning({ id })).length,
  });
}
