import type { CredentialStore } from '@acme/nest-auth';
import { credentialStoreOf } from '../credential-store.js';
import { againAfterDeadlock } from '../rows.js';
import type { Database } from './database.js';
import type { CredentialsTable } from './schema.js';

type Write = () => PromiseLike<readonly [{ readonly affectedRows: number }, ...unknown[]]>;

export function mysqlCredentialStore(db: Database, credentials: CredentialsTable): CredentialStore {
  const write = async (statement: Write) => {
    const [{ affectedRows }] = await againAfterDeadlock(async () => statement());
    return affectedRows;
  };
  return credentialStoreOf(credentials, {
    insert: (row) => write(() => db.insert(credentials).values(row)),
    select: (where, order) =>
      db
        .select()
        .from(credentials)
        .where(where)
        .orderBy(...order)
        .$withCache(false),
    update: (changes, where) => write(() => db.update(credentials).set(changes).where(where)),
    delete: (where) => write(() => db.delete(credentials).where(where)),
  });
}
