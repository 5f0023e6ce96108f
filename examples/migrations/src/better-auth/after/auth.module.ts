import { AuthModule, BcryptHasher, memoryStores } from '@acme/nest-auth';
import { oldTokens } from '@acme/nest-auth/old-tokens';
import { userOfCookie } from './old-sessions.js';
import { ScryptHasher } from './scrypt-hasher.js';
import { BetterAuthUsers } from './user-store.js';

const { AUTH_ACCESS_SECRET: access = '', AUTH_REFRESH_SECRET: refresh = '' } = process.env;

export const auth = AuthModule.forRootAsync({
  features: [oldTokens()],
  useFactory: () => ({
    // In production, use the stores of your database.
    ...memoryStores(),
    userStore: new BetterAuthUsers(),
    secrets: { access, refresh },
    transport: 'cookie',
    password: { hasher: new BcryptHasher({ cost: 10 }), accepts: [new ScryptHasher()] },
    oldTokens: { until: process.env.OLD_TOKENS_UNTIL ?? '', refresh: userOfCookie },
  }),
});
