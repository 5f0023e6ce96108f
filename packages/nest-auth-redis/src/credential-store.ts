import {
  type CredentialChanges,
  type CredentialQueries,
  type CredentialRow,
  type StoredCredential,
  TableCredentialStore,
} from '@acme/nest-auth/adapter';
import type { RedisConnection } from './clients/redis-connection.js';
import { CREATE, DELETE, DELETE_ALL, FIELDS, FIND, LIST, UPDATE } from './credential-scripts.js';
import type { Keys } from './keys.js';

/** An id and the values of `FIELDS`, as Redis answers them. */
type Entry = readonly [unknown, readonly unknown[]];

/** Further credentials in Redis, each method one script. Made by `redisStores`. */
export class RedisCredentialStore extends TableCredentialStore {
  constructor(redis: RedisConnection, keys: Keys) {
    super(queriesOf(redis, keys));
  }
}

function queriesOf(redis: RedisConnection, keys: Keys): CredentialQueries {
  return {
    insert: async (row) => {
      const { id, userId, kind, key, createdAt } = row;
      const keyNames = [keys.credential(id), keys.credentialsOf(userId), keys.credentialName(kind, key)];
      return Number(await CREATE.run(redis, keyNames, [id, String(createdAt.getTime()), ...fieldsOf(row)]));
    },
    find: async (kind, key) => {
      const entry = await FIND.run(redis, [keys.credentialName(kind, key), keys.credential()], []);
      return entry ? storedOf(entry as Entry) : null;
    },
    list: async ({ userId, kind = '' }) => {
      const entries = await LIST.run(redis, [keys.credentialsOf(userId), keys.credential()], [kind]);
      return (entries as Entry[]).map(storedOf);
    },
    update: async (id, version, changes) => {
      const args = [id, String(version), String(version + 1), changes.key ?? '', ...fieldsOf(changes)];
      return Number(await UPDATE.run(redis, [keys.credential(id), keys.credentialName()], args));
    },
    delete: async ({ userId, id, kind = '' }) => {
      const keyNames = [keys.credentialsOf(userId), keys.credential(), keys.credentialName()];
      const deleted =
        id === undefined ? DELETE_ALL.run(redis, keyNames, [kind]) : DELETE.run(redis, keyNames, [userId, id]);
      return Number(await deleted);
    },
  };
}

function fieldsOf(row: CredentialRow | CredentialChanges): string[] {
  const values = row as Readonly<Record<string, unknown>>;
  return FIELDS.flatMap((field) => {
    const value = values[field];
    if (value === undefined) return [];
    return [field, value instanceof Date ? String(value.getTime()) : String(value ?? '')];
  });
}

function storedOf([id, row]: Entry): StoredCredential {
  const [userId, kind, key, data, version, createdAt, lastUsedAt, expiresAt] = row.map(String) as string[];
  const timeOf = (time = '') => new Date(Number(time));
  return {
    id: String(id),
    userId: String(userId),
    kind: String(kind),
    key: String(key),
    data: String(data),
    version: Number(version),
    createdAt: timeOf(createdAt),
    lastUsedAt: lastUsedAt ? timeOf(lastUsedAt) : null,
    expiresAt: expiresAt ? timeOf(expiresAt) : null,
  };
}
