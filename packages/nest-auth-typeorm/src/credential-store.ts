import {
  CREDENTIAL_FIELDS,
  type CredentialQueries,
  type CredentialSelection,
  type StoredCredential,
  TableCredentialStore,
} from '@acme/nest-auth/adapter';
import type { DataSource } from 'typeorm';
import type { AuthCredentialEntity } from './schema.js';
import { dateOf, type Row, Table } from './table.js';

/** `CredentialStore` on the table `auth_credentials`. */
export class TypeOrmCredentialStore extends TableCredentialStore {
  constructor(db: DataSource) {
    super(queriesOf(new Table(db, 'AuthCredentialEntity')));
  }
}

function queriesOf(table: Table<AuthCredentialEntity>): CredentialQueries {
  const { name, names: c } = table;
  const select = `SELECT ${table.columns(...CREDENTIAL_FIELDS)} FROM ${name}`;
  const read = async (sql: string, parameters: object) => (await table.run(sql, parameters)).rows.map(storedOf);
  const where = (which: CredentialSelection) =>
    (['userId', 'id', 'kind'] as const)
      .filter((field) => which[field] !== undefined)
      .map((field) => `${c[field]} = :${field}`)
      .join(' AND ');
  return {
    insert: (row) => table.change(table.insertion(...CREDENTIAL_FIELDS), row),
    find: async (kind, key) => (await read(`${select} WHERE ${c.kind} = :kind AND ${c.key} = :key`, { kind, key }))[0],
    list: (which) => read(`${select} WHERE ${where(which)} ORDER BY ${c.createdAt}, ${c.id}`, which),
    update: (id, version, changes) => {
      const fields = CREDENTIAL_FIELDS.filter((field) => Object.hasOwn(changes, field));
      const set = [`${c.version} = ${c.version} + 1`, ...fields.map((field) => `${c[field]} = :${field}`)].join(', ');
      return table.change(`UPDATE ${name} SET ${set} WHERE ${c.id} = :id AND ${c.version} = :version`, {
        ...changes,
        id,
        version,
      });
    },
    delete: (which) => table.change(`DELETE FROM ${name} WHERE ${where(which)}`, which),
  };
}

function storedOf(row: Row): StoredCredential {
  const { createdAt, lastUsedAt, expiresAt } = row;
  const times = {
    createdAt: dateOf(createdAt),
    lastUsedAt: lastUsedAt === null ? null : dateOf(lastUsedAt),
    expiresAt: expiresAt === null ? null : dateOf(expiresAt),
  };
  return { ...(row as unknown as StoredCredential), ...times };
}
