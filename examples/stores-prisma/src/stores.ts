import type { AuthUser } from '@acme/nest-auth';
import { prismaStores } from '@acme/nest-auth-prisma';
import { redisStores, redisThrottle } from '@acme/nest-auth-redis';
import type { RedisClientType } from 'redis';
import type { PrismaClient } from './generated/client.js';

declare module '@acme/nest-auth' {
  interface Register {
    user: AuthUser & { readonly displayName: string };
    role: 'admin';
  }
}

/** The store file of notes-api, on Prisma. */
export function stores({ user: authUser, authSession, authEphemeral }: PrismaClient, redis: RedisClientType | null) {
  const tables = prismaStores(
    { authUser, authSession, authEphemeral },
    {
      user: {
        fields: { login: 'email' },
        profile: ({ displayName }) => ({ displayName: String(displayName) }),
        extra: ({ displayName }) => ({ displayName }),
      },
    },
  );
  if (!redis) return tables;
  return { ...tables, ...redisStores(redis), throttle: redisThrottle(redis) };
}
