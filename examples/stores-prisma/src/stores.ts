import { type PrismaUser, prismaStores } from '@acme/nest-auth-prisma';
import { redisStores, redisThrottle } from '@acme/nest-auth-redis';
import type { RedisClientType } from 'redis';
import type { PrismaClient, User } from './generated/client.js';

declare module '@acme/nest-auth' {
  interface Register {
    user: PrismaUser<User>;
    role: 'admin';
  }
}

/** The store file of notes-api, on Prisma. */
export function stores(
  { user: authUser, authSession, authEphemeral, authCredential }: PrismaClient,
  redis: RedisClientType | null,
) {
  const tables = prismaStores(
    { authUser, authSession, authEphemeral, authCredential },
    {
      user: {
        login: 'email',
        profile: ['displayName'],
      },
    },
  );
  if (!redis) return tables;
  return { ...tables, ...redisStores(redis), throttle: redisThrottle(redis) };
}
