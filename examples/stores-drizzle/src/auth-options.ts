import type { AuthOptions } from '@acme/nest-auth';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { RedisClientType } from 'redis';
import { stores } from './stores.js';

/** What the `useFactory` of `AuthModule.forRootAsync` returns. */
export function authOptions(db: NodePgDatabase, redis: RedisClientType | null, secrets: AuthOptions['secrets']) {
  return {
    ...stores(db, redis),
    secrets,
    profile: ({ row }) => ({ displayName: row.displayName }),
  } satisfies AuthOptions;
}
