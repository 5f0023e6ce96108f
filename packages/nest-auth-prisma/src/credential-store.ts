import { TableCredentialStore } from '@acme/nest-auth/adapter';
import type { CredentialDelegate } from './schema.js';

/** Further credentials in the model `AuthCredential`. Each method is one SQL statement. */
export class PrismaCredentialStore extends TableCredentialStore {
  constructor(credentials: CredentialDelegate) {
    super({
      insert: async (row) => (await credentials.createMany({ data: [row], skipDuplicates: true })).count,
      find: async (kind, key) => credentials.findUnique({ where: { kind_key: { kind, key } } }),
      list: async (where) => credentials.findMany({ where, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] }),
      update: async (id, version, changes) => {
        const data = { ...changes, version: version + 1 };
        return (await credentials.updateMany({ where: { id, version }, data })).count;
      },
      delete: async (where) => (await credentials.deleteMany({ where })).count,
    });
  }
}
