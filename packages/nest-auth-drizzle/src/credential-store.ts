import type { CredentialStore } from '@acme/nest-auth';
import { type CredentialSelection, type StoredCredential, TableCredentialStore } from '@acme/nest-auth/adapter';
import { and, asc, type Column, eq, type SQL } from 'drizzle-orm';
import type { Select, Writes } from './statements.js';

/** The statements that each drizzle dialect builds in its own way. */
export interface CredentialStatements extends Writes {
  select(): Select<StoredCredential>;
}

/** `CredentialStore` on a table of drizzle. */
export function credentialStoreOf(
  columns: Readonly<Record<'id' | 'userId' | 'kind' | 'key' | 'version' | 'createdAt', Column>>,
  statements: CredentialStatements,
): CredentialStore {
  const { id, userId, kind, key, version, createdAt } = columns;
  const select = (where: SQL | undefined) =>
    statements.select().where(where).orderBy(asc(createdAt), asc(id)).$withCache(false);
  const whereOf = (which: CredentialSelection) =>
    and(
      eq(userId, which.userId),
      which.id === undefined ? undefined : eq(id, which.id),
      which.kind === undefined ? undefined : eq(kind, which.kind),
    );
  return new TableCredentialStore({
    insert: (row) => statements.insert(row),
    find: async (ofKind, withKey) => (await select(and(eq(kind, ofKind), eq(key, withKey))))[0],
    list: async (which) => select(whereOf(which)),
    update: (withId, from, changes) =>
      statements.update({ ...changes, version: from + 1 }, and(eq(id, withId), eq(version, from))),
    delete: (which) => statements.delete(whereOf(which)),
  });
}
