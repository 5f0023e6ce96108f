import type { AuthOptions } from '@acme/nest-auth';
import type { RedisClientType } from 'redis';
import type { PrismaClient } from './generated/client.js';
import { stores } from './stores.js';

/** What the `useFactory` of `AuthModule.forRootAsync` returns. */
export function authOptions(prisma: PrismaClient, redis: RedisClientType | null, secrets: AuthOptions['secrets']) {
  return {
    ...stores(prisma, redis),
    secrets,
    profile: ({ row }) => ({ displayName: row.displayName }),
  } satisfies AuthOptions;
}
