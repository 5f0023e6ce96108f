import type { CredentialStore } from '@acme/nest-auth';
import {
  type CredentialRow,
  type CredentialSelection,
  type StoredCredential,
  TableCredentialStore,
} from '@acme/nest-auth/adapter';
import { and, asc, type Column, eq, type SQL } from 'drizzle-orm';

type Changes = Partial<CredentialRow>;

/** The statements that each drizzle dialect builds in its own way. Each answers with how many rows it wrote, or the rows. */
export interface CredentialStatements {
  insert(row: CredentialRow): Promise<number>;
  select(where: SQL | undefined, order: readonly SQL[]): PromiseLike<readonly StoredCredential[]>;
  update(changes: Changes, where: SQL | undefined): Promise<number>;
  delete(where: SQL | undefined): Promise<number>;
}

/** `CredentialStore` on a table of drizzle. */
export function credentialStoreOf(
  columns: Readonly<Record<'id' | 'userId' | 'kind' | 'key' | 'version' | 'createdAt', Column>>,
  statements: CredentialStatements,
): CredentialStore {
  const { id, userId, kind, key, version, createdAt } = columns;
  const oldestFirst = [asc(createdAt), asc(id)];
  const whereOf = (which: CredentialSelection) =>
    and(
      eq(userId, which.userId),
      which.id === undefined ? undefined : eq(id, which.id),
      which.kind === undefined ? undefined : eq(kind, which.kind),
    );
  return new TableCredentialStore({
    insert: (row) => statements.insert(row),
    find: async (ofKind, withKey) => (await statements.select(and(eq(kind, ofKind), eq(key, withKey)), oldestFirst))[0],
    list: async (which) => statements.select(whereOf(which), oldestFirst),
    update: (withId, from, changes) =>
      statements.update({ ...changes, version: from + 1 }, and(eq(id, withId), eq(version, from))),
    delete: (which) => statements.delete(whereOf(which)),
  });
}
